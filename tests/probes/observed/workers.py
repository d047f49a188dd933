"""Trains in another thread, and loads data in another process."""

import threading

import torch
from _gan import D, G, update
from torch.utils.data import DataLoader, TensorDataset

data = TensorDataset(torch.arange(8.0).view(4, 2))
loaded = [batch for (batch,) in DataLoader(data, batch_size=2, num_workers=1, shuffle=True)]
thread = threading.Thread(target=update)
thread.start()
thread.join()
del thread
update()
print(loaded, G[0].weight, D[0].weight.grad)
