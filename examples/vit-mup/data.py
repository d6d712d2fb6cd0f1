"""The images: beans (three states of bean leaves), or generated ones that need no download."""

import os
import sys

import torch

BEANS = 'AI-Lab-Makerere/beans'
LABELS = 3


class Images(torch.utils.data.Dataset):
    """Images of one size and their labels, as the Trainer of Hugging Face takes them."""

    def __init__(self, pixels, labels, flip=False):
        # whole numbers from 0 to 255: a quarter of the memory.
        self.pixels = pixels
        self.labels = labels
        self.flip = flip

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        pixels = self.pixels[index].float() / 127.5 - 1
        # leaves look the same from both sides; enough for an example.
        if self.flip and torch.rand(()) < 0.5:
            pixels = pixels.flip(-1)
        if self.flip and torch.rand(()) < 0.5:
            pixels = pixels.flip(-2)
        return {'pixel_values': pixels, 'labels': self.labels[index]}


def beans(size):
    """1,034 images for training and 133 for validation. The test part is for whoever has chosen a model."""
    import datasets

    # as a channel if there is one: else every trial loads 180 MB from Hugging Face.
    channel = os.environ.get('SM_CHANNEL_BEANS')
    parts = datasets.load_from_disk(channel) if channel else datasets.load_dataset(BEANS)
    return _images(parts['train'], size, flip=True), _images(parts['validation'], size)


def _images(part, size, flip=False):
    import numpy

    images = [row['image'].convert('RGB').resize((size, size)) for row in part]
    pixels = torch.from_numpy(numpy.stack([numpy.asarray(image) for image in images]))
    return Images(pixels.permute(0, 3, 1, 2).contiguous(), torch.tensor(part['labels'][:]), flip)


def stripes(size, training=384, validation=96):
    """Generated: stripes that lie, stand or slant, under noise. Where they begin says nothing of the label."""
    generator = torch.Generator().manual_seed(0)
    count = training + validation
    labels = torch.arange(count) % LABELS
    rows, columns = torch.meshgrid(torch.arange(size), torch.arange(size), indexing='ij')
    across = torch.stack([rows, columns, (rows + columns) / 2**0.5])[labels]
    phase = torch.rand(count, 1, 1, generator=generator) * 6.28
    waves = torch.sin(across * 6.28 / 8 + phase)
    noise = torch.randn(count, 3, size, size, generator=generator)
    pixels = (127.5 + 40 * waves[:, None] + 40 * noise).clamp(0, 255).to(torch.uint8)
    return Images(pixels[:training], labels[:training]), Images(pixels[training:], labels[training:])


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit('usage: data.py FOLDER: loads beans once and saves them there, for a channel')
    import datasets

    datasets.load_dataset(BEANS).save_to_disk(sys.argv[1])
