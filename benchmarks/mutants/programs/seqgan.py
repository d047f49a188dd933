"""SeqGAN: tokens are sampled, the judge's verdict is the reward of their log-probabilities."""
# discriminators: dis_opt

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.distributions import Categorical

torch.manual_seed(19)
VOCAB, STEPS, BATCH = 5, 4, 8


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCAB, 6)
        self.rnn = nn.GRUCell(6, 8)
        self.logits = nn.Linear(8, VOCAB)

    def sample(self, n):
        hidden, token = torch.zeros(n, 8), torch.zeros(n, dtype=torch.long)
        drawn, log_probs = [], []
        for _ in range(STEPS):
            hidden = self.rnn(self.embedding(token), hidden)
            choice = Categorical(logits=self.logits(hidden))
            token = choice.sample()
            drawn.append(token)
            log_probs.append(choice.log_prob(token))
        return torch.stack(drawn, 1), torch.stack(log_probs, 1)


gen = Policy()
dis = nn.Sequential(nn.Embedding(VOCAB, 6), nn.Flatten(), nn.Linear(6 * STEPS, 1))
gen_opt = torch.optim.Adam(gen.parameters(), lr=1e-2)
dis_opt = torch.optim.Adagrad(dis.parameters(), lr=1e-2)
baseline = 0.5

for iteration in range(3):
    sequence, log_prob = gen.sample(BATCH)
    with torch.no_grad():
        reward = torch.sigmoid(dis(sequence)).squeeze(1)
    pg_loss = -(log_prob.sum(1) * (reward - baseline)).mean()
    gen_opt.zero_grad()
    pg_loss.backward()
    gen_opt.step()

    corpus = torch.randint(0, 2, (BATCH, STEPS))
    both = torch.cat([corpus, sequence])
    target = torch.cat([torch.ones(BATCH, 1), torch.zeros(BATCH, 1)])
    dis_loss = F.binary_cross_entropy_with_logits(dis(both), target)
    dis_opt.zero_grad()
    dis_loss.backward()
    dis_opt.step()
