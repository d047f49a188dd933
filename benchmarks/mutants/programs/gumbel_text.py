"""Text from a recurrent generator by hard Gumbel-softmax; the judge reads one-hot sequences."""
# discriminators: judge_opt

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(18)
VOCAB, LENGTH, HIDDEN, BATCH = 6, 4, 10, 5


class Writer(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.GRUCell(VOCAB, HIDDEN)
        self.out = nn.Linear(HIDDEN, VOCAB)

    def forward(self, batch, tau):
        state = torch.randn(batch, HIDDEN)
        token = torch.zeros(batch, VOCAB)
        tokens = []
        for _ in range(LENGTH):
            state = self.cell(token, state)
            token = F.gumbel_softmax(self.out(state), tau=tau, hard=True)
            tokens.append(token)
        return torch.stack(tokens, 1)


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(VOCAB, HIDDEN, bias=False)
        self.gru = nn.GRU(HIDDEN, HIDDEN, batch_first=True)
        self.verdict = nn.Linear(HIDDEN, 1)

    def forward(self, text):
        _, last = self.gru(self.embed(text))
        return self.verdict(last[0]).squeeze(-1)


writer, reader = Writer(), Reader()
writer_opt = torch.optim.Adam(writer.parameters(), lr=1e-2)
judge_opt = torch.optim.Adam(reader.parameters(), lr=1e-2)

for epoch in range(3):
    temperature = max(0.5, 2.0 - 0.1 * epoch)
    words = torch.arange(LENGTH).repeat(BATCH, 1) + torch.randint(0, 3, (BATCH, 1))
    real = F.one_hot(words % VOCAB, VOCAB).float()
    fake = writer(BATCH, temperature)
    judge_loss = F.softplus(reader(fake.detach()) - reader(real)).mean()
    judge_opt.zero_grad()
    judge_loss.backward()
    judge_opt.step()
    writer_loss = F.softplus(reader(real) - reader(fake)).mean()
    writer_opt.zero_grad()
    writer_loss.backward()
    writer_opt.step()
