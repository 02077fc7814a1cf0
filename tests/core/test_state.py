"""The state of a training: what a later call goes on from, and what it forgets."""

from __future__ import annotations

import dataclasses
import math
import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from training_cases import make_job, make_network, make_problem, make_solver

from skbackprop.core.noise import Noise
from skbackprop.core.optimizers import SGD, Adam
from skbackprop.core.training.state import History, State

#: Fields of a new state, and of one that has seen some training.
NEW = {
    "n_steps": 0,
    "n_samples": 0,
    "n_epochs": 0,
    "n_plateaus": 0,
    "n_no_improvement": 0,
    "best_loss": math.inf,
    "best_score": -math.inf,
    "loss": None,
    "initial_loss": None,
    "n_iter": 0,
    "outcome": None,
    "message": "",
}
TRAINED = {
    "n_steps": 30,
    "n_samples": 100,
    "n_epochs": 10,
    "n_plateaus": 2,
    "n_no_improvement": 3,
    "best_loss": 0.25,
    "best_score": 0.75,
    "loss": 0.5,
    "initial_loss": 4.0,
    "n_iter": 10,
    "outcome": "converged",
    "message": "said",
}
#: What ends with a call, and what a new ``fit`` forgets besides.
OF_ONE_CALL = {"n_iter", "outcome", "message", "initial_loss"}
FORGOTTEN = {"n_epochs", "n_plateaus", "n_no_improvement", "best_loss", "best_score"}


def trained_state():
    network = make_network()
    return State(
        network,
        np.random.RandomState(3),
        Noise(4),
        Adam(),
        [np.full(network.n_params, 1.0), np.full(network.n_params, 2.0)],
        history=History([1.0, 0.5]),
        **TRAINED,
    )


def scalars(state):
    return {name: getattr(state, name) for name in NEW}


def test_a_new_state():
    state = State(make_network(), None)
    assert scalars(state) == NEW
    assert state.moments == []
    assert state.optimizer is state.noise is state.best_network is None
    assert vars(state.history) == vars(History([], [], [], []))


def test_every_field_is_listed_above():
    """A new field must say here whether a later call keeps it."""
    others = {"network", "rng", "noise", "optimizer", "moments", "history", "best_network"}
    assert {one.name for one in dataclasses.fields(State)} == set(NEW) | others
    assert set(TRAINED) == set(NEW)


@pytest.mark.parametrize("incremental", [True, False])
def test_resumed(incremental):
    state, network, history = trained_state(), make_network(seed=5), History([9.0])
    resumed = state.resumed(network, history, incremental=incremental)
    reset = OF_ONE_CALL if incremental else OF_ONE_CALL | FORGOTTEN
    assert scalars(resumed) == {
        name: NEW[name] if name in reset else value for name, value in TRAINED.items()
    }
    assert resumed.network is network
    assert resumed.history is history
    assert resumed.optimizer == Adam()
    assert_array_equal(resumed.moments, state.moments)


def test_resumed_is_a_copy():
    """A call that fails must leave what it went on from as it was."""
    state = trained_state()
    resumed = state.resumed(make_network(), History(), incremental=True)
    resumed.moments[0][...] = 7.0
    resumed.rng.rand()
    resumed.noise.uniform(np.zeros((1, 1)), np.empty((1, 1)), np.empty((2, 1, 1)))
    resumed.n_steps = 99
    assert scalars(state) == TRAINED
    assert_array_equal(state.moments[0], 1.0)
    assert state.rng.rand() == np.random.RandomState(3).rand()
    out, expected = np.empty((1, 2)), np.empty((1, 2))
    for noise, into in ((state.noise, out), (Noise(4), expected)):
        noise.uniform(np.ones((1, 1)), into, np.empty((2, 1, 2)))
    assert_array_equal(out, expected)


def test_random_streams_go_on_where_they_were():
    state = trained_state()
    state.rng.rand(5)
    resumed = state.resumed(make_network(), History(), incremental=False)
    assert resumed.rng.rand() == state.rng.rand()


@pytest.mark.parametrize("former", [None, SGD()], ids=["none", "another"])
def test_moments_begin_at_zero(former):
    state = trained_state()
    state.optimizer = former
    state.set_up_moments(Adam())
    assert state.optimizer == Adam()
    assert state.n_steps == 0
    assert_array_equal(state.moments, np.zeros((2, state.network.n_params)))
    assert state.moments[0] is not state.moments[1]


def test_moments_of_an_equal_optimizer_are_kept():
    state = trained_state()
    before = list(state.moments)
    state.set_up_moments(Adam())
    assert state.n_steps == 30
    assert all(a is b for a, b in zip(state.moments, before, strict=True))
    assert_array_equal(state.moments[0], 1.0)


def test_moments_of_other_hyperparameters_are_adopted():
    state = trained_state()
    state.set_up_moments(Adam(0.5, 0.9))
    assert state.n_steps == 30
    assert state.optimizer == Adam(0.5, 0.9)
    assert_allclose(state.moments[0], (1 - 0.9) / (1 - 0.5))
    assert_allclose(state.moments[1], 2 * (1 - 0.999) / (1 - 0.9))
    state.set_up_moments(Adam(0.5, 0.9))  # once, not again
    assert_allclose(state.moments[0], (1 - 0.9) / (1 - 0.5))


def test_moments_have_the_dtype_of_the_parameters():
    state = State(make_network(dtype=np.float32), None)
    state.set_up_moments(SGD())
    (velocity,) = state.moments
    assert velocity.dtype == np.float32
    assert velocity.shape == state.network.params.shape


def test_restore_best():
    state, best = trained_state(), make_network(seed=8)
    before = state.network
    state.restore_best()
    assert state.network is before
    state.best_network = best
    state.restore_best()
    assert state.network is best
    assert state.best_network is None


def test_pickle_holds_all_of_it():
    state = pickle.loads(pickle.dumps(trained_state()))
    assert scalars(state) == TRAINED
    assert_array_equal(state.moments, trained_state().moments)
    assert_array_equal(state.network.params, make_network().params)
    assert state.rng.rand() == np.random.RandomState(3).rand()


@pytest.mark.parametrize("optimizer", [SGD(), Adam()], ids=["sgd", "adam"])
def test_two_calls_are_one(optimizer):
    """Training that is resumed with its state ends where one training ends.

    But for the shuffles: each call begins with the rows in their first order.
    """

    def job(max_iter, state=None):
        solver = make_solver(optimizer, max_iter=max_iter, shuffle=False)
        return make_job(make_problem(alpha=0.1), solver, state)

    once, first = job(6), job(2)
    once.train()
    first.train()
    state = first.state.resumed(first.state.network, first.state.history, incremental=True)
    second = job(4, state)
    second.train()
    assert_allclose(second.state.network.params, once.state.network.params, rtol=1e-12)
    assert_allclose(second.state.moments, once.state.moments, rtol=1e-12)
    assert_allclose(second.state.history.loss_curve, once.state.history.loss_curve, rtol=1e-12)
    for name in ("n_steps", "n_samples", "n_epochs"):
        assert getattr(second.state, name) == getattr(once.state, name)
    assert once.state.n_steps == 6 * 3
    assert once.state.n_samples == 6 * 10


def test_initial_loss_is_that_of_the_first_batch_before_its_step():
    """...without the penalty, as it is reported: a mean over the outputs, too."""
    job = make_job(make_problem(alpha=100.0), make_solver(shuffle=False))
    W1, W2 = (W.copy() for W in job.state.network.weights())
    b1, b2 = (b.copy() for b in job.state.network.biases())
    X, Y = job.problem.X[:4], job.problem.Y[:4]
    job.train()
    residuals = np.tanh(X @ W1 + b1) @ W2 + b2 - Y
    assert job.state.initial_loss == pytest.approx((residuals**2).mean() / 2, rel=1e-12)
