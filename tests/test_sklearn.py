"""The estimators for scikit-learn: its own checks, and what they promise beside them."""

import pickle

import numpy as np
import pytest

sklearn = pytest.importorskip(
    "sklearn", reason="scikit-learn is not installed: pip install 'torch-activations[sklearn]'"
)

from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from activations.errors import ActivationsError
from activations.sklearn import ActivationClassifier, ActivationRegressor

LINE = np.linspace(-3, 3, 60)[:, None]


@parametrize_with_checks(
    [
        ActivationRegressor(hidden=(16,), steps=200, device="cpu"),
        ActivationClassifier(hidden=(16,), steps=200, device="cpu"),
    ]
)
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


def test_a_regressor_fits_in_the_units_of_the_data():
    y = 1e6 + 1e3 * np.sin(LINE[:, 0])
    model = ActivationRegressor("mish", hidden=(24,), random_state=0).fit(LINE, y)
    assert model.score(LINE, y) > 0.999
    assert np.abs(model.predict(LINE) - y).max() < 60
    assert (model.n_features_in_, model.n_iter_) == (1, 1000)
    assert model.loss_ < 1e-3


def test_a_regressor_learns_several_outputs():
    y = np.concatenate([np.sin(LINE), np.cos(LINE)], axis=1)
    model = ActivationRegressor(random_state=0).fit(LINE, y)
    assert model.predict(LINE).shape == (60, 2)
    assert model.score(LINE, y) > 0.99


def test_the_random_state_decides_and_nothing_else():
    y = np.sin(LINE[:, 0])
    first, again, other = (ActivationRegressor(steps=50, random_state=s).fit(LINE, y).predict(LINE) for s in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_a_classifier_gives_its_own_classes_and_probabilities():
    x, numbers = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])[numbers]
    model = ActivationClassifier("gelu", steps=300, random_state=0).fit(x, names)
    shares = model.predict_proba(x)
    assert set(model.predict(x)) <= set(names)
    assert np.allclose(shares.sum(axis=1), 1)
    assert (model.classes_[shares.argmax(axis=1)] == model.predict(x)).all()
    assert cross_val_score(make_pipeline(StandardScaler(), clone(model)), x, names, cv=3).min() > 0.9


def test_parameters_are_searched_cloned_and_pickled():
    y = np.abs(LINE[:, 0])
    search = GridSearchCV(
        ActivationRegressor(steps=60, random_state=0),
        {"activation": ["relu", "sin(x)"], "hidden": [(8,), (8, 8)]},
        cv=2,
    ).fit(LINE, y)
    assert search.best_params_.keys() == {"activation", "hidden"}
    model = search.best_estimator_
    assert clone(model).get_params() == model.get_params()
    assert (pickle.loads(pickle.dumps(model)).predict(LINE) == model.predict(LINE)).all()
    assert model.set_params(steps=5).steps == 5


def test_divergence_is_a_warning():
    with pytest.warns(ConvergenceWarning, match="choose a smaller learning_rate"):
        ActivationRegressor("relu", optimizer="sgd", learning_rate=1e6, schedule="constant", steps=50).fit(
            LINE, LINE[:, 0] ** 2
        )


@pytest.mark.parametrize("wrong", [{"activation": "relux"}, {"hidden": ()}, {"steps": 0}, {"optimizer": "magic"}])
def test_a_wrong_parameter_is_refused_at_the_fit(wrong):
    with pytest.raises(ActivationsError):
        ActivationRegressor(**wrong).fit(LINE, LINE[:, 0])
