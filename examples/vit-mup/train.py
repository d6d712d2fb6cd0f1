"""Trains a ViT in muP: narrow in a study, wide once the study has found a learning rate. See README.md."""

import argparse
import json
import math
import os
import sys
import tempfile

try:
    import cdk_hpo  # lies beside this file in a training job
except ImportError:
    sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'client', 'python'))
    import cdk_hpo

# small enough for a minute on a processor without a GPU.
SMOKE = {
    'width': 32,
    'base_width': 16,
    'heads': 2,
    'layers': 2,
    'image_size': 32,
    'patch_size': 8,
    'batch_size': 32,
    'epochs': 12,
    'learning_rate': 3e-3,
}


def parse_options(args):
    parser = argparse.ArgumentParser(description='Trains a ViT in muP.', allow_abbrev=False)
    # what the study tunes.
    parser.add_argument('--learning_rate', type=float, default=1e-3)
    parser.add_argument('--weight_decay', type=float, default=0.05)
    parser.add_argument('--warmup_ratio', type=float, default=0.1)
    # what muTransfer changes.
    parser.add_argument('--width', type=int, default=192)
    # what stays the same from the narrow model to the wide one, or the learning rate means something else.
    parser.add_argument('--base_width', type=int, default=192)
    parser.add_argument('--heads', type=int, default=6)
    parser.add_argument('--layers', type=int, default=6)
    parser.add_argument('--image_size', type=int, default=224)
    parser.add_argument('--patch_size', type=int, default=16)
    parser.add_argument('--batch_size', type=int, default=64)
    parser.add_argument('--epochs', type=int, default=81)
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--smoke', action='store_true', help='generated images and a tiny model')
    if '--smoke' in args:
        parser.set_defaults(**SMOKE)
    return parser.parse_args(args)


def main(args):
    options = parse_options(args)
    try:
        import torch
        import transformers
    except ImportError as error:
        sys.exit('train.py needs torch and transformers, see requirements.txt: %s' % error)
    import data
    import mup_model

    options.labels = data.LABELS
    transformers.set_seed(options.seed)
    training, validation = data.stripes(options.image_size) if options.smoke else data.beans(options.image_size)
    model, rules = mup_model.build(options)
    print('width %d, %.1f times the base' % (options.width, options.width / options.base_width))

    latest = cdk_hpo.latest_checkpoint()
    if latest and latest.resource >= cdk_hpo.max_resource(options.epochs):
        # the earlier attempt ended between its last checkpoint and the end of the job.
        cdk_hpo.report(latest.resource, last_metrics(latest.folder))

    with tempfile.TemporaryDirectory() as elsewhere:
        arguments = transformers.TrainingArguments(
            # by hand there is no folder that outlives the program.
            output_dir=cdk_hpo.checkpoint_dir() or elsewhere,
            # always all epochs, since the learning rate falls over all of them: the callback ends an attempt before.
            num_train_epochs=options.epochs,
            per_device_train_batch_size=options.batch_size,
            per_device_eval_batch_size=options.batch_size,
            eval_strategy='epoch',
            save_strategy='epoch',
            logging_strategy='epoch',
            save_total_limit=2,
            bf16=torch.cuda.is_available() and torch.cuda.is_bf16_supported(),
            dataloader_num_workers=0 if options.smoke else 2,
            dataloader_pin_memory=torch.cuda.is_available(),
            seed=options.seed,
            report_to='none',
            disable_tqdm=True,
        )
        groups = mup_model.parameter_groups(model, rules, options.learning_rate, options.weight_decay)
        optimizer = torch.optim.AdamW(groups)
        steps = options.epochs * math.ceil(len(training) / arguments.train_batch_size)
        warmup = math.ceil(steps * options.warmup_ratio)
        trainer = transformers.Trainer(
            model=mup_model.Trained(model),
            args=arguments,
            train_dataset=training,
            eval_dataset=validation,
            compute_metrics=accuracy,
            # the Trainer leaves alone what it is given: its own optimizer would know nothing of muP.
            optimizers=(optimizer, transformers.get_cosine_schedule_with_warmup(optimizer, warmup, steps)),
            callbacks=[cdk_hpo.hugging_face_callback()],
        )
        trainer.train(resume_from_checkpoint=latest.folder if latest else None)
    if cdk_hpo.should_stop():
        return
    if options.smoke:
        print('smoke test: eval_accuracy %.3f' % last_accuracy(trainer.state.log_history))
        return
    mup_model.fold(model).save_pretrained(cdk_hpo.model_dir())


def accuracy(prediction):
    """A model without numbers recognizes nothing, though it would always answer the first label."""
    import numpy

    if not numpy.isfinite(prediction.predictions).all():
        return {'accuracy': math.nan}
    return {'accuracy': float((prediction.predictions.argmax(-1) == prediction.label_ids).mean())}


def last_metrics(folder):
    """What the Trainer found in its last evaluation before a checkpoint."""
    with open(os.path.join(folder, 'trainer_state.json'), encoding='utf-8') as file:
        history = json.load(file)['log_history']
    return {'eval_accuracy': last_accuracy(history)}


def last_accuracy(history):
    return [entry['eval_accuracy'] for entry in history if 'eval_accuracy' in entry][-1]


if __name__ == '__main__':
    main(sys.argv[1:])
