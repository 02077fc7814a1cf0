"""What the page "Works with" shows works, and what it says does not work does not."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import sklearn
from sklearn.datasets import load_wine
from sklearn.feature_selection import RFE, SelectFromModel
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.fixes import parse_version

from skbackprop import BackpropClassifier

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("default::DeprecationWarning"),  # those of other packages
    pytest.mark.filterwarnings("default::PendingDeprecationWarning"),
    pytest.mark.filterwarnings("default::FutureWarning"),
]

TESTS = {
    "Optuna": "test_optuna_prunes_trials",
    "Dask": "test_search_on_dask_equals_the_local_one",
    "Ray": "test_scores_on_ray_equal_the_local_ones",
    "Categories": "test_categories_and_missing_values",
    "polars": "test_polars_in_and_out",
    "A file larger than memory": "test_record_batches_are_streamed",
    "imbalanced-learn": "test_rare_classes_are_found",
    "MAPIE": "test_intervals_hold_the_truth",
    "shap": "test_shares_add_up_to_the_prediction",
    "PyTorch": "test_weights_move_to_pytorch_and_back",
    "ONNX": "test_onnx_predicts_the_same",
    "pickle and joblib": "test_loaded_model_is_the_saved_one",
    "skops": "test_skops_loads_what_it_saved",
    "Several targets of several classes": "test_several_targets_of_several_classes",
    "Selecting features": "test_features_are_selected_by_permutation",
}


def test_every_recipe_has_its_test(recipes):
    assert list(recipes) == list(TESTS)
    assert all(name in globals() for name in TESTS.values())


def scaled(network):
    return make_pipeline(StandardScaler(), network)


def test_optuna_prunes_trials(run_recipe):
    optuna = pytest.importorskip("optuna")
    study = run_recipe("Optuna")["study"]
    assert len(study.get_trials(states=[optuna.trial.TrialState.PRUNED])) > 0
    best = study.best_trial
    assert best.value > 0.95
    assert sorted(best.intermediate_values) == list(range(10))


def test_search_on_dask_equals_the_local_one(run_script):
    pytest.importorskip("distributed")
    run_script(
        "Dask",
        """
        scores = search.cv_results_["mean_test_score"]
        local = search.fit(X, y).cv_results_["mean_test_score"]
        assert (scores == local).all(), (scores, local)
        assert scores.max() > 0.95, scores
        """,
    )


def test_scores_on_ray_equal_the_local_ones(run_script):
    pytest.importorskip("ray")
    run_script(
        "Ray",
        """
        local = cross_val_score(make_pipeline(StandardScaler(), network), X, y)
        assert (scores == local).all(), (scores, local)
        """,
    )


def test_categories_and_missing_values(run_recipe):
    pd = pytest.importorskip("pandas")
    recipe = run_recipe("Categories")
    model, table, y = recipe["model"], recipe["table"], recipe["y"]
    known = table["age"].notna()
    assert model.score(table[known], y[known]) > 0.97
    assert table["age"].isna().sum() == 20
    assert model.predict_proba(pd.DataFrame({"age": [20.0], "city": ["Bern"]})).shape == (1, 2)


def test_polars_in_and_out(run_recipe):
    pl = pytest.importorskip("polars")
    recipe = run_recipe("polars")
    codes, frame, autoencoder = recipe["codes"], recipe["frame"], recipe["autoencoder"]
    assert isinstance(codes, pl.DataFrame)
    assert codes.columns == ["backpropautoencoder0", "backpropautoencoder1"]
    assert list(autoencoder.feature_names_in_) == frame.columns
    with pytest.raises(ValueError, match="feature names should match"):
        recipe["model"].transform(frame.select(reversed(frame.columns)))


def test_record_batches_are_streamed(run_recipe, recipes):
    pytest.importorskip("pyarrow.parquet")
    recipe = run_recipe("A file larger than memory")
    network, scaler = recipe["network"], recipe["scaler"]
    assert len(network.loss_curve_) == 5 * 20
    assert network.t_ == 5 * 20 * 1000
    X, y = (np.concatenate(parts) for parts in zip(*recipe["batches"](), strict=True))
    assert X.shape == (20_000, 2)
    np.testing.assert_allclose(scaler.scale_, X.std(axis=0))
    assert network.score(scaler.transform(X), y) > 0.97
    assert "pre_buffer=False" in recipes["A file larger than memory"]  # or all of it is kept


def test_rare_classes_are_found(run_recipe):
    pytest.importorskip("imblearn")
    recipe = run_recipe("imbalanced-learn")
    without = scaled(recipe["network"])
    plain = cross_val_score(without, recipe["X"], recipe["y"], scoring="balanced_accuracy")
    assert recipe["scores"].mean() > plain.mean() + 0.2


def test_intervals_hold_the_truth(run_recipe):
    pytest.importorskip("mapie")
    recipe = run_recipe("MAPIE")
    y, lower, upper = recipe["y_test"], recipe["lower"], recipe["upper"]
    assert 0.8 < np.mean((lower <= y) & (y <= upper)) < 1.0
    assert (lower < recipe["predicted"]).all()
    assert (recipe["predicted"] < upper).all()


def test_shares_add_up_to_the_prediction(run_recipe):
    pytest.importorskip("shap")
    recipe = run_recipe("shap")
    explanation = recipe["explanation"]
    assert explanation.values.shape == (5, 13, 3)
    total = explanation.values.sum(axis=1) + explanation.base_values
    np.testing.assert_allclose(total, recipe["model"].predict_proba(recipe["X"].iloc[:5]))


def test_weights_move_to_pytorch_and_back(run_recipe):
    torch = pytest.importorskip("torch")
    recipe = run_recipe("PyTorch")
    X, y, network, module = (recipe[name] for name in ("X", "y", "network", "module"))
    with torch.no_grad():
        scores = module(torch.from_numpy(X)).numpy()
    np.testing.assert_allclose(network.decision_function(X), scores, rtol=1e-10, atol=1e-12)

    before = BackpropClassifier((32, 16), "tanh", max_iter=20, random_state=0).fit(X, y)
    assert np.abs(before.decision_function(X) - scores).max() > 0.01  # PyTorch has trained it on


def test_weights_are_equal_in_pytorch(recipes):
    """...before any training there, so that one direction is not tested by the other."""
    torch = pytest.importorskip("torch")
    there, _, back = recipes["PyTorch"].partition("optimizer = ")
    assert back
    recipe = {}
    exec(there, recipe)
    X, network = recipe["X"], recipe["network"]
    with torch.no_grad():
        scores = recipe["module"](torch.from_numpy(X)).numpy()
    np.testing.assert_allclose(scores, network.decision_function(X), rtol=1e-10, atol=1e-12)


def test_onnx_predicts_the_same(run_recipe):
    pytest.importorskip("skl2onnx")
    pytest.importorskip("onnxruntime")
    pytest.importorskip("pandas")
    recipe = run_recipe("ONNX")  # of the second part, a table
    model, X = recipe["model"], recipe["table"]
    assert recipe["X"].shape == (178, 13)  # the first part has run
    assert model.score(X[::7], recipe["y"][::7]) > 0.8
    np.testing.assert_array_equal(recipe["label"], model.predict(X))
    np.testing.assert_allclose(recipe["probabilities"], model.predict_proba(X), rtol=0, atol=1e-5)


def test_loaded_model_is_the_saved_one(run_recipe):
    recipe = run_recipe("pickle and joblib")
    model, loaded, X = recipe["model"], recipe["loaded"], recipe["X"]
    assert loaded is not model
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))


def test_skops_loads_what_it_saved(run_recipe):
    pytest.importorskip("skops")
    recipe = run_recipe("skops")
    model, loaded, X = recipe["model"], recipe["loaded"], recipe["X"]
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))


# -- what does not work ----------------------------------------------------------------------------


def test_several_targets_of_several_classes(run_recipe):
    recipe = run_recipe("Several targets of several classes")
    X, Y = recipe["X"], recipe["Y"]
    with pytest.raises(ValueError, match="Multioutput target data is not supported"):
        BackpropClassifier().fit(X, Y)
    assert (recipe["model"].predict(X) == Y).mean() > 0.95


@pytest.mark.parametrize("selector", [SelectFromModel, RFE])
def test_selection_by_coef_is_refused(selector):
    X, y = load_wine(return_X_y=True)
    with pytest.raises(ValueError, match="`coef_` or `feature_importances_`"):
        selector(BackpropClassifier(max_iter=2)).fit_transform(X, y)


def test_features_are_selected_by_permutation(run_recipe):
    recipe = run_recipe("Selecting features")
    y, selected = recipe["y"], recipe["X_selected"]
    assert selected.shape == (569, 8)
    assert cross_val_score(recipe["network"], selected, y).mean() > 0.93


def test_tensors_need_no_dispatch():
    torch = pytest.importorskip("torch")
    X, y = load_wine(return_X_y=True)
    network = BackpropClassifier((8,), solver="lbfgs", max_iter=20, random_state=0)
    expected = network.fit(X, y).predict_proba(X)
    tensors = torch.from_numpy(X), torch.from_numpy(y)
    result = network.fit(*tensors).predict_proba(tensors[0])
    assert isinstance(result, np.ndarray)
    np.testing.assert_array_equal(result, expected)


def test_dispatch_is_refused():
    """In a fresh process: SciPy reads the variable when it is first imported."""
    pytest.importorskip("array_api_strict")
    if parse_version(sklearn.__version__) < parse_version("1.8"):  # from then on it has a copy
        pytest.importorskip("array_api_compat")
    code = """
        import array_api_strict as xp
        from sklearn import config_context
        from sklearn.datasets import load_wine
        from skbackprop import BackpropClassifier

        X, y = load_wine(return_X_y=True)
        with config_context(array_api_dispatch=True):
            try:
                BackpropClassifier(max_iter=2).fit(xp.asarray(X), xp.asarray(y))
            except TypeError as error:
                assert "dtype" in str(error), error
            else:
                raise AssertionError("it works: change the page")
    """
    environment = {**os.environ, "SCIPY_ARRAY_API": "1"}
    command = [sys.executable, "-c", textwrap.dedent(code)]
    subprocess.run(command, env=environment, check=True, timeout=300)
