"""Files on which the product once answered wrongly, each with what it must give now."""

from __future__ import annotations

import csv

import pytest

from xray_model.bundles.bundle import load_bundle
from xray_model.errors import RefusedRadiograph
from xray_model.imaging.radiograph import Radiograph
from xray_model.inference.analyze import analyze


@pytest.mark.real_data
def test_every_case_gives_what_its_manifest_says(data_dir):
    model, folder = load_bundle(), data_dir / "cases"
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    truth = analyze(Radiograph.from_file(folder / "reference.png"), model).prediction
    for row in rows:
        radiograph = Radiograph.from_file(folder / row["file"])
        if row["expected"].startswith("refused"):
            with pytest.raises(RefusedRadiograph, match="DICOM header says that low values are bright"):
                analyze(radiograph, model)
            continue
        found = analyze(radiograph, model).prediction
        assert abs(found.probability - truth.probability) <= 0.02, row
        assert found.label == truth.label, row
        assert radiograph.source.notes or "note" not in row["expected"], row
    assert len(rows) == 19
