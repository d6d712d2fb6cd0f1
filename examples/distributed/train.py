"""Trains a small network on several instances with PyTorch's DistributedDataParallel. Started by launch.py."""

import argparse
import gc
import os
import sys
import time

try:
    import torch
    import torch.distributed as dist
except ImportError as error:
    sys.exit('train.py needs torch: %s' % error)

try:
    import cdk_hpo  # lies beside this file in a training job
except ImportError:
    sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'client', 'python'))
    import cdk_hpo

FEATURES = 20


def parse_options(args):
    parser = argparse.ArgumentParser(description='Trains on several instances.', allow_abbrev=False)
    parser.add_argument('--learning_rate', type=float, default=0.003)
    parser.add_argument('--hidden_units', type=int, default=64)
    # of all processes together: then a trial means the same on one instance and on four.
    parser.add_argument('--batch_size', type=int, default=256)
    parser.add_argument('--epochs', type=int, default=9)
    parser.add_argument('--rows', type=int, default=20000)
    return parser.parse_args(args)


def make_data(rows, seed):
    """Generated: the labels come from a random network, which is the same for all."""
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(rows, FEATURES, generator=generator)
    teacher = torch.Generator().manual_seed(0)
    first = torch.randn(FEATURES, 8, generator=teacher)
    second = torch.randn(8, generator=teacher)
    return torch.utils.data.TensorDataset(features, (torch.relu(features @ first) @ second > 0).float())


def main(args):
    options = parse_options(args)
    on_gpu = torch.cuda.is_available()
    dist.init_process_group('nccl' if on_gpu else 'gloo')
    try:
        device = torch.device('cuda', int(os.environ['LOCAL_RANK'])) if on_gpu else torch.device('cpu')
        if on_gpu:
            torch.cuda.set_device(device)
        train(options, device)
    finally:
        # gloo's threads end with the last reference to the process group, and the model, which has one, is part of a cycle.
        # If they still run when the interpreter ends, it may abort: "terminate called without an active exception".
        gc.collect()
        dist.destroy_process_group()


def train(options, device):
    processes = dist.get_world_size()
    # every process builds the same network, and draws its own share of the rows.
    torch.manual_seed(0)
    model = torch.nn.Sequential(
        torch.nn.Linear(FEATURES, options.hidden_units),
        torch.nn.ReLU(),
        torch.nn.Linear(options.hidden_units, 1),
    ).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=options.learning_rate)
    trained = resume(model, optimizer)
    model = torch.nn.parallel.DistributedDataParallel(model, device_ids=[device] if device.type == 'cuda' else None)

    training, validation = make_data(options.rows, 1), make_data(options.rows // 4, 2)
    sampler = torch.utils.data.distributed.DistributedSampler(training)
    batch = max(1, options.batch_size // processes)
    batches = torch.utils.data.DataLoader(training, batch, sampler=sampler)
    last_epoch = cdk_hpo.max_resource(options.epochs)
    if trained >= last_epoch:
        # the earlier attempt ended between its last checkpoint and the report of it.
        if not tell(trained, model, validation, device, 0.0):
            return
    for epoch in range(trained + 1, last_epoch + 1):
        began = time.monotonic()
        sampler.set_epoch(epoch)
        for features, labels in batches:
            optimizer.zero_grad()
            logits = model(features.to(device)).squeeze(-1)
            torch.nn.functional.binary_cross_entropy_with_logits(logits, labels.to(device)).backward()
            optimizer.step()
        # all processes enter; the client throws away what any but the first one writes.
        with cdk_hpo.checkpoint(epoch) as folder:
            state = {'epoch': epoch, 'model': model.module.state_dict(), 'optimizer': optimizer.state_dict()}
            torch.save(state, os.path.join(folder, 'state.pt'))
        if not tell(epoch, model, validation, device, time.monotonic() - began):
            return

    if dist.get_rank() == 0:
        torch.save(model.module.state_dict(), os.path.join(cdk_hpo.model_dir(), 'model.pt'))


def resume(model, optimizer):
    """The first process reads the latest checkpoint and hands it to all: they must begin with the same one."""
    box = [None]
    if dist.get_rank() == 0:
        latest = cdk_hpo.latest_checkpoint()
        if latest:
            box[0] = torch.load(os.path.join(latest.folder, 'state.pt'), map_location='cpu', weights_only=True)
    dist.broadcast_object_list(box, src=0)
    if box[0] is None:
        return 0
    model.load_state_dict(box[0]['model'])
    optimizer.load_state_dict(box[0]['optimizer'])
    return box[0]['epoch']


def tell(epoch, model, validation, device, seconds):
    """Reports from the first process, and tells all of them whether to go on."""
    # each process looks at its share of the rows; the sums are of all.
    share = range(dist.get_rank(), len(validation), dist.get_world_size())
    features, labels = validation[list(share)]
    with torch.no_grad():
        right = ((model.module(features.to(device)).squeeze(-1) > 0) == (labels.to(device) > 0)).sum()
    sums = torch.stack([right.double(), torch.tensor(float(len(labels)), dtype=torch.float64, device=device)])
    dist.all_reduce(sums)
    accuracy = (sums[0] / sums[1]).item()
    # torchrun tells how many instances there are, by how many processes each has.
    instances = dist.get_world_size() // int(os.environ.get('LOCAL_WORLD_SIZE', '1'))
    decision = cdk_hpo.report(
        epoch,
        validation_accuracy=accuracy,
        instance_seconds_per_epoch=instances * seconds,
        # without it the others would wait for the first one for ever, when the study ends the trial.
        all_ranks=True,
        # an exception would keep the model, and with it the process group, until the interpreter ends; see main().
        on_stop='return',
    )
    return decision is cdk_hpo.Decision.CONTINUE


if __name__ == '__main__':
    main(sys.argv[1:])
