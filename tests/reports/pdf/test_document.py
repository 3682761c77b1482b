"""Reports, opened and read back: what they say, what they never say, on which paper."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from pypdf import PdfReader

import xray_model
from tests.support.command_line import predict
from tests.support.dicom_files import NAME, NUMBER, dicom
from tests.support.pictures import saved
from xray_model import NOTICE, NOTICE_SHORT, InvalidConfig, Radiograph, ReportFilm, report_pdf
from xray_model.inference.analyze import analyze
from xray_model.inference.analyze import predict as predicted
from xray_model.reports.pdf.sheet import PAPERS, text_width, wrapped

POINTS_A_MM = 72 / 25.4


@pytest.fixture(scope="module")
def bundle():
    return xray_model.load_bundle()


@pytest.fixture(scope="module")
def films(bundle) -> list[ReportFilm]:
    """A phantom of each finding; the proof was asked for the second."""
    pictures = [xray_model.draw_phantom(12, finding, 256).pixels for finding in ("none", "lobar")]
    analyses = [analyze(Radiograph.from_array(pixels), bundle) for pixels in pictures]
    return [ReportFilm(analyses[0]), ReportFilm(analyses[1], xray_model.prove(analyses[1], bundle))]


def opened(pdf: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(pdf))


def words(page) -> str:
    return " ".join(page.extract_text().split())


@pytest.mark.parametrize("paper", PAPERS)
def test_one_film_is_one_page_that_can_be_searched(films, bundle, paper):
    [page] = opened(report_pdf(films[1:], bundle, paper)).pages
    assert [float(side) / POINTS_A_MM for side in page.mediabox[2:]] == pytest.approx(PAPERS[paper], abs=0.01)
    said, point = words(page), bundle.card.operating_point()
    for sentence in (
        "Probability of pneumonia",
        "> 99 %",
        "PNEUMONIA",
        f"Sensitivity {point.sensitivity:.1%}".replace("%", " %"),
        "Where 50 % of the people photographed have pneumonia.",
        "Evidence for PNEUMONIA",
        "An upright frontal chest with two lungs.",
        "Proof for this film:",
        "Hiding the bright part of the map",
        "CAM, Grad-CAM and HiResCAM are one and the same map",
        NOTICE_SHORT,
        NOTICE,
        f"{bundle.name}, version {bundle.card.version} of {bundle.card.created}, file hash {bundle.hash}",
    ):
        assert sentence in said, sentence
    assert len(page.images) == 4, "radiograph, radiograph and map, legend"
    fonts = {font["/BaseFont"] for font in (one.get_object() for one in page["/Resources"]["/Font"].values())}
    assert fonts == {"/Helvetica", "/Helvetica-Bold"}, "text stays text, and no font is embedded"


def test_several_films_have_a_cover(films, bundle):
    cover, *pages = opened(report_pdf(films * 2, bundle, left_out="1 file without an answer.")).pages
    assert len(pages) == 4
    assert "4 radiographs" in words(cover)
    assert "2 called PNEUMONIA, 2 NORMAL" in words(cover)
    assert "1 file without an answer." in words(cover)
    assert [f"Film {number} of 4" in words(page) for number, page in enumerate(pages, 1)] == [True] * 4
    assert "Proof for this film" not in words(pages[0])


def test_another_prevalence_moves_probability_and_threshold(films, bundle):
    analysis, point = films[0].analysis, bundle.card.operating_point()
    rare = predicted(analysis.prediction.logit, bundle.card, point, 0.1)
    [page] = opened(report_pdf([ReportFilm(replace(analysis, prediction=rare))], bundle)).pages
    assert "Where 10 % of the people photographed have pneumonia." in words(page)
    assert f"PNEUMONIA from {rare.threshold * 100:.1f} % on." in words(page)
    assert rare.threshold < point.threshold


def test_a_not_sure_answer_is_marked(films, bundle):
    analysis, band = films[0].analysis, bundle.card.not_sure
    logit = next(x / 50 for x in range(-500, 500) if band.holds(bundle.card.calibration.probability(x / 50)))
    unsure = predicted(logit, bundle.card, bundle.card.operating_point())
    [page] = opened(report_pdf([ReportFilm(replace(analysis, prediction=unsure))], bundle)).pages
    assert "not sure" in words(page)
    assert "Not sure: this probability rules out neither label." in words(page)


def test_no_name_and_no_header_value_is_in_it(bundle, tmp_path, capsys):
    pixels = xray_model.draw_phantom(12, "lobar", 256).pixels
    path = tmp_path / f"{NAME}.dcm"
    path.write_bytes(dicom(pixels.astype("uint16") * 16, 12, InstitutionName=NAME, PixelSpacing=[1.2, 1.2]))
    code, [row], _ = predict(capsys, path, "--report", tmp_path / "r.pdf", "--bundle", bundle.folder)
    assert (code, row["status"]) == (0, "ok")
    assert "Report: film 1." in row["message"]
    pdf = (tmp_path / "r.pdf").read_bytes()
    [page] = opened(pdf).pages
    everything = words(page) + repr(opened(pdf).metadata) + page.get_contents().get_data().decode("latin-1")
    everything += pdf.decode("latin-1")
    assert "DICOM" in words(page)
    assert "100 mm" in words(page), "the bar of the scale"
    for secret in (NAME, *NAME.replace("^", " ").split(), NUMBER, str(tmp_path)):
        assert secret.lower() not in everything.lower()


def test_a_folder_becomes_a_cover_and_pages(tiny_bundle, tmp_path, capsys):
    (tmp_path / "in").mkdir()
    for seed in (1, 2):
        (tmp_path / "in" / f"{seed}.png").write_bytes(saved(xray_model.draw_phantom(seed, size=128).pixels))
    (tmp_path / "in" / "cut.png").write_bytes(b"cut")
    arguments = (tmp_path / "in", "--report", tmp_path / "r.pdf", "--paper", "Letter", "--bundle", tiny_bundle)
    _, rows, _ = predict(capsys, *arguments)
    assert [row["message"].partition("Report: ")[2][:7] for row in rows] == ["film 1.", "film 2.", ""]
    cover, *pages = opened((tmp_path / "r.pdf").read_bytes()).pages
    assert len(pages) == 2
    assert "1 file without an answer." in words(cover)


def test_wrong_wishes_are_refused(films, bundle):
    with pytest.raises(InvalidConfig, match="Unknown paper 'A5': choose one of A4, Letter"):
        report_pdf(films, bundle, "A5")
    with pytest.raises(InvalidConfig, match="1 to 100 films; got 0"):
        report_pdf([], bundle)


def test_lines_fit_their_column():
    text = "A sentence about evidence that is long enough to be set in several lines of a narrow column. " * 3
    lines = wrapped(text, 60, 8)
    assert " ".join(lines).split() == text.split()
    assert max(text_width(line, 8) for line in lines) <= 60
    assert text_width("iiii", 8) < text_width("WWWW", 8) < text_width("WWWW", 8, bold=True) * 1.01
