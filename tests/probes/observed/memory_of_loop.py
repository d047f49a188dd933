"""Says at several places of a loop in a function which tensors live."""

import torch
import torch.nn.functional as F
from _gan import D, G, optD, optG
from _lifetimes import Saved, know, report

for place, layer in enumerate((*G, *D)):
    layer.register_forward_hook(lambda m, i, o, place=place: know(**{f"layer {place}": o}))
D[1].register_forward_hook(lambda *_: report("inside D"))


def train():
    for turn in range(4):
        with torch.autograd.graph.saved_tensors_hooks(Saved, Saved.get):
            real = torch.randn(8, 2)
            fake = G(torch.randn(8, 2))
            if turn == 0:
                first = real * 2
                know(first=first)
            loss_d = F.softplus(-D(real)).mean() + F.softplus(D(fake.detach())).mean()
            optD.zero_grad()
            loss_d.backward()
            optD.step()
            report(f"{turn} after D")
            first = None
            verdict = D(fake)
            hard = torch.round(fake) * torch.randn(1)
            loss_g = F.softplus(-verdict).mean()
            optG.zero_grad()
            loss_g.backward()
            optG.step()
            slope = torch.autograd.grad(D(fake).sum(), D[0].weight)[0]
            array = fake.detach().numpy()
            names = {"real": real, "fake": fake, "loss_d": loss_d, "loss_g": loss_g, "hard": hard}
            know(**names, verdict=verdict, slope=slope, array=array)
            names.clear()
            report(f"{turn} after G")
            know(**{f"{turn} fake": fake, f"{turn} loss": loss_g})
            del real, fake, loss_d, verdict, hard, loss_g, slope, array
            report(f"{turn} deleted")


train()
report("end")
