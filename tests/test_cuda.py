"""Where there is a GPU, the nets run on it and say the same."""

import numpy as np
import pytest
import torch

from fcn_lib.fcn32s import FCN32s
from fcn_lib.scenes import CLASSES, Scenes
from fcn_lib.train import NETS, device, evaluate, fit, make

pytestmark = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="torch finds no CUDA device"
)


def test_the_device_of_the_chapters_is_the_gpu():
    assert device().type == "cuda"


@pytest.mark.parametrize("name", NETS)
def test_training_and_prediction_stay_on_the_gpu(name):
    data = list(Scenes(8, size=(64, 96), seed=3))
    net = make(name, len(CLASSES)).to(device())
    losses = fit(net, data, steps=5)
    assert losses[-1] < losses[0]
    assert all(parameter.is_cuda for parameter in net.parameters())
    assert evaluate(net, data, len(CLASSES)).sum() > 0


def test_gpu_and_cpu_give_the_same_labels():
    image, _ = Scenes(1, seed=4)[0]
    net = FCN32s(len(CLASSES)).eval()
    torch.nn.init.normal_(net.score.weight)
    on_cpu = net.predict(image)
    on_gpu = net.to(device()).predict(image)
    assert np.mean(on_cpu == on_gpu) > 0.99
