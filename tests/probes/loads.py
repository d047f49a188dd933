"""Prints what data loaders give; on standard error, whether this process loads."""
import os
import random
import sys

import numpy as np
import torch
from torch.utils.data import (
    BatchSampler, DataLoader, Dataset, IterableDataset, SequentialSampler, WeightedRandomSampler,
    get_worker_info,
)

PARENT = os.getpid()


def where():
    sys.stderr.write(f"parent {os.getpid() == PARENT}\n")


class Map(Dataset):
    def __len__(self):
        return 23

    def __getitem__(self, index):
        where()
        info = get_worker_info()
        drawn = [torch.rand(1).item(), random.random(), np.random.rand()]
        return torch.tensor([float(index), *drawn, info.id, info.seed % 97])


class Stream(IterableDataset):
    def __iter__(self):
        info = get_worker_info()
        for number in range(info.id, 17 + 3 * info.id, info.num_workers):
            where()
            yield torch.tensor([float(number), torch.rand(1).item()])


def begin(number):
    np.random.seed(number + 5)


def show(loader):
    for _ in range(2):
        batches = iter(loader)
        print(torch.rand(1).item())
        for batch in batches:
            print(batch.double().tolist(), torch.rand(1).item())


def main(kind):
    torch.manual_seed(3)
    random.seed(1)
    np.random.seed(2)
    if kind == "map":
        show(DataLoader(Map(), batch_size=4, num_workers=2, shuffle=True))
        show(DataLoader(Map(), 4, num_workers=2, worker_init_fn=begin, prefetch_factor=1, timeout=30))
        show(DataLoader(Map(), 4, num_workers=2, persistent_workers=True, shuffle=True,
                        multiprocessing_context="fork", drop_last=True))
    elif kind == "chosen":
        chosen = WeightedRandomSampler([1.0] * 23, 23)
        show(DataLoader(Map(), sampler=chosen, num_workers=2, batch_size=5))
        print(type(iter(DataLoader(Map(), num_workers=1))))
    elif kind == "iterable":
        show(DataLoader(Stream(), batch_size=4, num_workers=2))
        show(DataLoader(Stream(), batch_size=4, num_workers=2, persistent_workers=True))
    elif kind == "by_size":
        print([len(batch) for batch in DataLoader(range(23), batch_size=8)])
    else:
        batches = BatchSampler(SequentialSampler(range(23)), 8, False)
        print([len(batch) for batch in DataLoader(range(23), batch_sampler=batches)])
    print(torch.rand(1).item(), random.random(), np.random.rand())


main(sys.argv[1])
