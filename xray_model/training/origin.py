"""Whose images a bundle learned from, as its card and its licence file say it."""

from __future__ import annotations

from dataclasses import dataclass

from xray_model.datasets.summary import DataSummary
from xray_model.notice import POPULATION

DATA_LICENCE_TEXT = """The weights in this folder were learned from:

Kermany, Daniel; Zhang, Kang; Goldbaum, Michael (2018), "Labeled Optical Coherence Tomography (OCT) and Chest X-Ray
Images for Classification", Mendeley Data, V2, doi: 10.17632/rscbjbr9sj.2. Licence: CC BY 4.0,
https://creativecommons.org/licenses/by/4.0/. Changes: reduced to 224 x 224 pixels; learned from, not included.

Kermany, Goldbaum, Cai, et al., "Identifying Medical Diagnoses and Treatable Diseases by Image-Based Deep Learning",
Cell 172(5), 2018, doi: 10.1016/j.cell.2018.02.010.

and from synthetic phantoms drawn by this project (Apache-2.0). The start weights of the backbone were learned from
ImageNet (Apache-2.0 release). The weights themselves are released under Apache-2.0.
"""


@dataclass(frozen=True)
class DataOrigin:
    """A source of images in the card's words. images, groups: what is counted, such as "radiographs" of "children"."""

    population: str
    licence: str
    licence_text: str
    images: str = "radiographs"
    groups: str = "patients"


BUNDLED_ORIGIN = DataOrigin(POPULATION, "CC BY 4.0", DATA_LICENCE_TEXT, groups="children")


def origin_of(data: DataSummary) -> DataOrigin:
    """A data source in the card's words."""
    text = f"Learned in a visitor's own run from: {data.title}. Licence: {data.licence}.\n"
    return DataOrigin(data.population, data.licence, text, images="images", groups="patients or seeds")
