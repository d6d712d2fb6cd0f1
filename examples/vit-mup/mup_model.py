"""A Hugging Face ViT in maximal update parametrization: what is tuned on a narrow one holds for a wide one."""

import math

import torch
from transformers import ViTConfig, ViTForImageClassification

import mup_shapes


class MuReadout(torch.nn.Linear):
    """The last layer: starts at zero, and what comes in is divided by the width multiplier."""

    def __init__(self, in_features, out_features, width):
        super().__init__(in_features, out_features)
        self.width = width
        torch.nn.init.zeros_(self.weight)
        torch.nn.init.zeros_(self.bias)

    def forward(self, inputs):
        return super().forward(inputs / self.width)


class Trained(torch.nn.Module):
    """The model as the Trainer gets it: no model of Hugging Face, so that checkpoints keep the names that weights have.

    transformers 5 saves a ViT under the names of version 4, and its Trainer doesn't find them when it resumes: it
    warns, and goes on with weights that have learned nothing.
    """

    def __init__(self, vit):
        super().__init__()
        self.vit = vit

    def forward(self, pixel_values, labels=None):
        logits = self.vit(pixel_values=pixel_values).logits
        if labels is None:
            return {'logits': logits}
        return {'loss': torch.nn.functional.cross_entropy(logits, labels), 'logits': logits}


def vit_config(width, options):
    """A ViT of this width. Heads and layers stay as many, so a head grows with the width."""
    if width % options.heads:
        raise ValueError('a width must be a multiple of the %d heads, got %d' % (options.heads, width))
    return ViTConfig(
        hidden_size=width,
        intermediate_size=4 * width,
        num_hidden_layers=options.layers,
        num_attention_heads=options.heads,
        image_size=options.image_size,
        patch_size=options.patch_size,
        num_labels=options.labels,
    )


def shapes(width, options):
    """The shapes of all parameters at a width; on the device meta no memory is taken."""
    with torch.device('meta'):
        model = ViTForImageClassification(vit_config(width, options))
    return {name: tuple(parameter.shape) for name, parameter in model.named_parameters()}


def build(options):
    """The model of options.width, and the rules of its parameters relative to options.base_width."""
    base = options.base_width
    rules = mup_shapes.rules(shapes(base, options), shapes(2 * base, options), shapes(options.width, options))
    model = ViTForImageClassification(vit_config(options.width, options))
    # the initial standard deviation of a ViT, 0.02, knows nothing of the width: so the factors are all there is to do.
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.mul_(rules[name].init)
    inputs, labels = model.classifier.in_features, model.classifier.out_features
    model.classifier = MuReadout(inputs, labels, rules['classifier.weight'].width)
    scale_attention(model, base // options.heads)
    return model, rules


def scale_attention(model, base_head_dim):
    """Divides by d instead of √d. Both `eager` and `sdpa` attention read it from the layer's `scaling`."""
    scale = mup_shapes.attention_scale(model.config.hidden_size // model.config.num_attention_heads, base_head_dim)
    layers = attention_layers(model)
    probe = torch.randn(1, 3, model.config.image_size, model.config.image_size)
    outputs = []
    training = model.training
    model.eval()
    for scaling in (8 * scale, scale):
        for layer in layers:
            layer.scaling = scaling
        with torch.no_grad():
            outputs.append(model.vit(probe).last_hidden_state)
    model.train(training)
    # a version that has the attribute and doesn't read it would train, only not in muP: nobody would notice.
    if torch.equal(*outputs):
        raise RuntimeError('the attention of this version of transformers does not read its scaling: muP needs it')


def attention_layers(model):
    """The layers that hold the factor of the attention, one for each layer of the encoder."""
    found = [
        module
        for module in model.modules()
        if isinstance(getattr(module, 'scaling', None), float) and hasattr(module, 'num_attention_heads')
    ]
    head_dim = model.config.hidden_size // model.config.num_attention_heads
    usual = [layer for layer in found if math.isclose(layer.scaling, head_dim**-0.5)]
    if not len(found) == len(usual) == model.config.num_hidden_layers:
        raise RuntimeError(
            'found %d attention layers with the usual scaling, there should be %d: '
            'muP needs transformers 4.51 or newer, in a version that mup_model.py knows' % (len(usual), model.config.num_hidden_layers)
        )
    return found


def parameter_groups(model, rules, learning_rate, weight_decay):
    """For torch.optim.AdamW: each parameter with the learning rate and weight decay of its kind."""
    groups = {}
    for name, parameter in model.named_parameters():
        factors = rules[name]
        # as usual, weights decay; biases, norms and positions don't.
        decays = parameter.ndim > 1 and name.endswith('.weight')
        key = (learning_rate * factors.learning_rate, weight_decay * factors.weight_decay if decays else 0.0)
        groups.setdefault(key, []).append(parameter)
    # in one order, since a checkpoint keeps the optimizer's state by place.
    return [{'params': groups[key], 'lr': key[0], 'weight_decay': key[1]} for key in sorted(groups)]


def fold(model):
    """Puts the factors of the forward pass into the weights: then it is an ordinary ViT, for anyone to load."""
    head_dim = model.config.hidden_size // model.config.num_attention_heads
    with torch.no_grad():
        for layer in [module for module in model.modules() if hasattr(module, 'scaling')]:
            # q_proj since transformers 5.
            query = layer.q_proj if hasattr(layer, 'q_proj') else layer.query
            factor = layer.scaling * math.sqrt(head_dim)
            query.weight.mul_(factor)
            if query.bias is not None:
                query.bias.mul_(factor)
            layer.scaling = head_dim**-0.5
        model.classifier.weight.div_(model.classifier.width)
        model.classifier.width = 1.0
    return model
