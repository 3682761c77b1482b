"""`card.json`: what is written is read back, and nothing in it is taken on trust."""

from __future__ import annotations

import json

import pytest

from tests.support.bundle_factory import tiny_card
from xray_model.bundles.card import ModelCard
from xray_model.errors import InvalidBundle, InvalidConfig
from xray_model.evaluation.conformal import NotSureBand
from xray_model.labels import LABELS

BAND = {"low": 0.25, "high": 0.75, "error": 0.02, "normal": 120, "pneumonia": 340}


def changed(**fields) -> str:
    """The text of a card with other fields."""
    return json.dumps(json.loads(tiny_card("a-card-v1").to_json()) | fields)


def without(name: str) -> str:
    fields = json.loads(tiny_card("a-card-v1").to_json())
    del fields[name]
    return json.dumps(fields)


def points(**fields) -> list[dict]:
    first, *others = json.loads(tiny_card("a-card-v1").to_json())["operating_points"]
    return [first | fields, *others]


def test_card_survives_the_round_trip():
    more = {"training": {"command": "train --fast"}, "files": {"model.tflite": "0" * 64}, "user_run": True}
    card = tiny_card("a-card-v1", **more, lungs="pooled", not_sure=NotSureBand(**BAND))
    assert ModelCard.from_json(card.to_json()) == card
    assert card.labels == LABELS == ("NORMAL", "PNEUMONIA")


def test_card_keeps_letters_as_they_are(tmp_path):
    (tmp_path / "card.json").write_text(
        tiny_card("a-card-v1", population="Kinder über 1 Jahr").to_json(), encoding="utf-8"
    )
    assert ModelCard.from_file(tmp_path / "card.json").population == "Kinder über 1 Jahr"


def test_operating_points_by_name_and_by_default():
    card = tiny_card("a-card-v1")
    assert card.operating_point().name == "balanced"
    assert card.operating_point("rule-in").threshold == 0.7
    with pytest.raises(InvalidConfig, match="'Rule-in': this bundle has screening, balanced, rule-in"):
        card.operating_point("Rule-in")


@pytest.mark.parametrize(
    "name", ["name", "input_size", "calibration", "operating_points", "labels", "evidence_reference"]
)
def test_missing_field_is_named(name):
    with pytest.raises(InvalidBundle, match=rf"card\.json cannot be read .*{name}"):
        ModelCard.from_json(without(name))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "12", '"text"', '{"calibration": 1}', "\x00"])
def test_text_that_is_no_card_is_refused(text):
    with pytest.raises(InvalidBundle, match=r"card\.json cannot be read .* Fetch the bundle again"):
        ModelCard.from_json(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (changed(input_size="224"), "input_size is '224', not a valid int"),
        (changed(input_size=True), "input_size is True"),
        (changed(input_size=224.5), "input_size is 224.5"),
        (changed(version=None), "version is None"),
        (changed(name=7), "name is 7, not a valid str"),
        (changed(evidence_reference=float("nan")), "evidence_reference is nan, not a valid float"),
        (changed(files=["model.tflite"]), "files is "),
        (changed(user_run="no"), "user_run is 'no'"),
        (changed(calibration={"scale": "1", "bias": 0}), "scale is '1'"),
        (changed(calibration={"scale": float("inf"), "bias": 0}), "scale is inf"),
        (changed(calibration={"slope": 1, "bias": 0}), "slope"),
        (changed(operating_points=points(threshold="0.5")), "threshold is '0.5'"),
        (changed(operating_points=points(n=None)), "n is None"),
        (changed(operating_points=[]), "lacks its own default_operating_point"),
        (changed(default_operating_point="strict"), "lacks its own default_operating_point"),
        (changed(labels=["PNEUMONIA", "NORMAL"]), "names the labels"),
        (changed(colour="red"), "colour"),
        (changed(not_sure=BAND | {"low": "0.25"}), "low is '0.25'"),
        (changed(not_sure=BAND | {"high": float("nan")}), "high is nan"),
        (changed(not_sure=BAND | {"normal": 1.5}), "normal is 1.5"),
        (changed(not_sure={"low": 0.25, "high": 0.75}), "normal"),
        (changed(prevalence=1.0), "says prevalence 1.0; expected a share"),
        (changed(prevalence="half"), "prevalence is 'half'"),
        (changed(lungs="some"), "says lungs 'some'; expected none, gate, pooled"),
        (changed(lungs=1), "lungs is 1"),
    ],
)
def test_field_of_the_wrong_kind_is_named(text, words):
    with pytest.raises(InvalidBundle) as caught:
        ModelCard.from_json(text)
    assert words in str(caught.value)
    assert "card.json" in str(caught.value)


def test_an_older_card_s_probabilities_hold_for_the_share_that_it_was_calibrated_on():
    fields = json.loads(changed(training={"validation": {"NORMAL": 30, "PNEUMONIA": 90}}))
    assert ModelCard.from_json(json.dumps(fields)).prevalence == 0.5
    del fields["prevalence"]
    assert ModelCard.from_json(json.dumps(fields)).prevalence == 0.75
    assert ModelCard.from_json(without("prevalence")).prevalence == 0.5  # it says nothing of its images


def test_missing_card_names_its_bundle(tmp_path):
    with pytest.raises(InvalidBundle, match=rf"{tmp_path.name}: card\.json is missing"):
        ModelCard.from_file(tmp_path / "card.json")
