"""What the interface answers, as its description (OpenAPI) gives it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

import numpy as np
from pydantic import BaseModel, Field

from xray_model import __version__
from xray_model.bundles.bundle import Bundle
from xray_model.errors import InvalidRadiograph
from xray_model.evaluation.prevalence import predictive_values
from xray_model.inference.analyze import Analysis
from xray_model.inference.batch import warnings
from xray_model.labels import LABELS
from xray_model.notice import NOTICE

Share = Annotated[float, Field(ge=0, le=1)]
DECIMALS = 4  # of the evidence's logits


class Model(BaseModel):
    """Which bundle answered."""

    name: str = Field(examples=["mobilenetv2-kermany-v10"])
    hash: str = Field(description="SHA-256 of the exported network, its first twelve digits")

    @classmethod
    def of(cls, bundle: Bundle) -> Self:
        """The bundle's name and hash."""
        return cls(name=bundle.name, hash=bundle.hash)


class Gate(BaseModel):
    """Whether the image shows an upright frontal chest, and one of a patient like those that the model learned from."""

    passed: bool
    reason: str | None = Field(default=None, description="why not; null for an image that passed")
    outside_population: bool | None = Field(default=None, description="unlike those that the model learned from")
    unusual: Share | None = Field(default=None, description="share of those that is less unusual")


class Decision(BaseModel):
    """The decision at a named operating point; sensitivity and specificity as the bundle's card has them."""

    label: str = Field(json_schema_extra={"enum": list(LABELS)})
    operating_point: str
    threshold: Share = Field(description="PNEUMONIA from this probability on, told for the same prevalence")
    unsure: bool = Field(description="whether the probability lies in the bundle's not-sure band")
    sensitivity: Share
    specificity: Share
    ppv: Share = Field(description="of those called PNEUMONIA, how many have it, at this prevalence")
    npv: Share = Field(description="of those called NORMAL, how many have none, at this prevalence")


class Evidence(BaseModel):
    """The map as a small grid over the whole picture: signed logits per cell, positive for PNEUMONIA (Grad-CAM)."""

    rows: int
    columns: int
    logits: list[list[float]]
    reference: float = Field(description="the usual maximum of a map for PNEUMONIA, to draw against")


class Image(BaseModel):
    """Facts about the picture; nothing that names a person or a file."""

    format: str
    width: int
    height: int
    bit_depth: int


class Answer(BaseModel):
    """The answer for one radiograph. A refused one has a gate with the reason, and no probability."""

    status: Literal["ok", "refused"]
    probability: Share | None = Field(default=None, description="calibrated, of PNEUMONIA, at this prevalence")
    prevalence: Share | None = None
    decision: Decision | None = None
    gate: Gate
    evidence: Evidence | None = None
    image: Image | None = None
    notes: list[str] = Field(default=[], description="what was ignored or assumed in the file")
    warnings: list[str] = Field(default=[], description="limits of this answer")
    model: Model
    notice: str = NOTICE

    @classmethod
    def of(cls, analysis: Analysis, bundle: Bundle) -> Self:
        """An analysis as it goes out."""
        prediction, source, admission = analysis.prediction, analysis.radiograph.source, analysis.admission
        rows, columns = analysis.evidence.shape
        return cls(
            status="ok",
            probability=prediction.probability,
            prevalence=prediction.prevalence,
            decision=_decision(analysis),
            gate=Gate(
                passed=True,
                outside_population=admission.outside if admission else None,
                unusual=admission.unusual if admission else None,
            ),
            evidence=Evidence(
                rows=rows,
                columns=columns,
                logits=(np.round(analysis.evidence.astype(float), DECIMALS) + 0.0).tolist(),
                reference=analysis.evidence_reference,
            ),
            image=Image(format=source.format, width=source.width, height=source.height, bit_depth=source.bit_depth),
            notes=list(source.notes),
            warnings=warnings(analysis),
            model=Model.of(bundle),
        )

    @classmethod
    def refused(cls, error: InvalidRadiograph, bundle: Bundle) -> Self:
        """The gate's refusal as it goes out."""
        return cls(status="refused", gate=Gate(passed=False, reason=str(error)), model=Model.of(bundle))


class Failure(BaseModel):
    """Why there is no answer: what came, what was expected, what to do."""

    message: str


class Health(BaseModel):
    """That the service answers, in which version and with which bundle."""

    status: Literal["ok"] = "ok"
    version: str = Field(default=__version__, description="of the program")
    model: Model


def _decision(analysis: Analysis) -> Decision:
    prediction = analysis.prediction
    point = prediction.operating_point
    worth = predictive_values(point, prediction.prevalence)
    return Decision(
        label=prediction.label,
        operating_point=point.name,
        threshold=prediction.threshold,
        unsure=prediction.unsure,
        sensitivity=point.sensitivity,
        specificity=point.specificity,
        ppv=worth.ppv,
        npv=worth.npv,
    )
