"""Schedules of the learning rate against their definitions, and PyTorch's."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from training_cases import make_job, make_network, make_problem, make_solver

from skbackprop.core.schedules import (
    Adaptive,
    Factor,
    InverseScaling,
    Schedule,
    cosine,
    coslog4,
    make_schedule,
    one_cycle,
)
from skbackprop.core.training.state import State


def rate(schedule, n_samples=0, n_plateaus=0, progress=0.0):
    return schedule.rate(n_samples=n_samples, n_plateaus=n_plateaus, progress=progress)


def test_constant():
    schedule = Schedule(0.3)
    for case in ((0, 0, 0.0), (1000, 3, 1.0)):
        assert rate(schedule, *case) == 0.3
    assert schedule.ends_at_plateau(0.3) == (True, "Stopping.")


@pytest.mark.parametrize("power", [0.0, 0.5, 2.0])
def test_inverse_scaling(power):
    schedule = InverseScaling(0.3, power)
    assert rate(schedule) == 0.3
    assert rate(schedule, n_samples=99, n_plateaus=5, progress=0.5) == 0.3 / 100**power
    assert schedule.ends_at_plateau(0.1)[0]


def test_adaptive_is_a_fifth_at_each_plateau():
    schedule = Adaptive(0.5)
    assert [rate(schedule, 100, n, 0.5) for n in range(3)] == [0.5, 0.5 / 5.0, 0.5 / 5.0 / 5.0]


@pytest.mark.parametrize("rate, ends", [(1.01e-6, False), (1e-6, True), (1e-9, True)])
def test_adaptive_ends_when_the_rate_is_small(rate, ends):
    said = Adaptive(0.1).ends_at_plateau(rate)
    if ends:
        assert said == (True, "Learning rate too small. Stopping.")
    else:
        assert said == (False, "Setting learning rate to 0.000000")
    assert Adaptive(0.1).ends_at_plateau(0.5)[1] == "Setting learning rate to 0.100000"


def test_factor_goes_by_progress():
    schedule = Factor(0.5, lambda progress: 1.0 - progress)
    assert rate(schedule, 1000, 3, 0.25) == 0.375
    assert schedule.per_step
    assert not Schedule(0.5).per_step
    assert type(rate(Factor(0.5, np.float32))) is float


def test_cosine_is_pytorch_s():
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 50)
    rates = []
    for _ in range(51):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert_allclose([cosine(i / 50) for i in range(51)], rates, atol=1e-12)


def test_one_cycle_is_pytorch_s():
    torch = pytest.importorskip("torch")
    n = 101  # its warm-up ends at step pct_start · n − 1: here the 30th of 100
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0, momentum=0.9)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=1.0, total_steps=n, pct_start=31 / n, cycle_momentum=False
    )
    rates = []
    for i in range(n):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if i < n - 1:
            schedule.step()
    assert_allclose([one_cycle(i / (n - 1)) for i in range(n)], rates, atol=1e-12)


def test_one_cycle_at_its_corners():
    assert one_cycle(0.0) == pytest.approx(1 / 25)
    assert one_cycle(0.3) == pytest.approx(1.0)
    assert one_cycle(1.0) == pytest.approx(1 / 250_000)
    assert_allclose(one_cycle(0.3 - 1e-9), one_cycle(0.3 + 1e-9), rtol=1e-12)
    rises = np.diff([one_cycle(p) for p in np.linspace(0, 1, 101)]) > 0
    assert rises[:30].all()
    assert not rises[30:].any()


def test_coslog4_has_four_cycles_each_twice_as_long():
    grid = np.linspace(0, 1, 15_001)
    values = np.array([coslog4(p) for p in grid])
    assert (values >= 0).all()
    assert values.max() == pytest.approx(1.0)
    low = grid[1:-1][(values[1:-1] < values[:-2]) & (values[1:-1] < values[2:])]
    assert_allclose(low, [1 / 15, 3 / 15, 7 / 15], atol=1e-4)  # after 1 + 2 + 4 of 15
    assert_allclose(values[[0, -1]], 0.0, atol=1e-12)


@pytest.mark.parametrize(
    "name, expected",
    [
        ("constant", Schedule(0.1)),
        ("invscaling", InverseScaling(0.1, 0.7)),
        ("adaptive", Adaptive(0.1)),
        ("cosine", Factor(0.1, cosine)),
        ("one_cycle", Factor(0.1, one_cycle)),
        ("coslog4", Factor(0.1, coslog4)),
        (abs, Factor(0.1, abs)),
    ],
)
def test_by_name(name, expected):
    assert make_schedule(name, 0.1, power_t=0.7) == expected
    assert type(make_schedule(name, np.float32(0.5)).initial_rate) is float


# What a solver makes of it --------------------------------------------------------


def progress_of(**state):
    solver = make_solver(schedule=Factor(1.0, lambda progress: progress), max_iter=10)
    return solver.rate(State(make_network(), None, **state), state.pop("fraction", 0.0))


def test_progress_is_the_share_of_the_planned_epochs():
    assert progress_of() == 0.0
    assert progress_of(n_epochs=3) == 0.3
    assert progress_of(n_epochs=10) == 1.0
    assert progress_of(n_epochs=25) == 1.0  # partial_fit may go on
    solver = make_solver(schedule=Factor(1.0, lambda progress: progress), max_iter=10)
    state = State(make_network(), None, n_epochs=3)
    assert solver.rate(state, 0.5) == 0.35


@pytest.mark.parametrize("per_step", [True, False])
def test_rates_of_the_steps_of_an_epoch(per_step):
    """Ten rows in batches of four are three steps."""
    seen = []

    def factor(progress):
        seen.append(progress)
        return 1.0

    class Watched(Factor):
        pass

    Watched.per_step = per_step
    solver = make_solver(schedule=Watched(0.1, factor), max_iter=2)
    make_job(make_problem(), solver).train()
    expected = [0, 1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6] if per_step else [0, 0.5]
    assert_allclose(seen, expected)


def test_samples_and_plateaus_are_counted():
    seen = []

    class Watched(Schedule):
        def rate(self, *, n_samples, n_plateaus, progress):
            seen.append((n_samples, n_plateaus))
            return 0.1

        def ends_at_plateau(self, rate):
            return False, ""

    solver = make_solver(schedule=Watched(0.1), max_iter=4, tol=1e9, patience=0)
    make_job(make_problem(), solver).train()
    assert seen[0] == (0, 0)
    # each epoch but the first is a plateau, at which the solver asks for the rate once more
    assert seen == [(0, 0), (10, 0), (20, 0), (20, 1), (30, 1), (30, 2), (40, 2)]
