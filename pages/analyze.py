"""The Analyze page: upload radiographs or open a phantom; see probability, decision and evidence of each."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.ui.analyze import downloads, gallery, keyboard, own_model, results, triage, uploads
from pages.ui.shared import address, frame
from pages.ui.shared.session import session
from xray_model import InvalidBundle

frame.open_page("Analyze")
current = session()
begun = uploads.has_begun(current)  # then answer and picture come first, and what leads to them is folded
with st.container(horizontal=True, vertical_alignment="center", key="page-title"):
    st.title("Analyze radiographs", anchor=False)
    keyboard.show()
own_model.banner(current)
opening = st.empty()  # replaced as a whole, so that nothing of it stands in an answer's way until the run has ended
if begun:
    about, more = st.columns([2, 3])
    with about:
        frame.notice(folded=True)
    with more:
        box: DeltaGenerator = uploads.more()
else:
    box = opening.container()
    with box:
        frame.notice()
first = st.container()
above = st.container()
with box:
    files = uploads.ask(current)  # drawn before the model is loaded, which takes a moment
try:
    bundle = current.bundle
except InvalidBundle as error:
    above.error(f"The bundled model cannot be opened. {error}", icon=":material/error:")
    st.stop()

with first:  # a phone shows nothing else while it waits
    uploads.read(current, bundle, files)
if gallery.open_named(current, bundle):
    st.rerun()
with box:
    gallery.show(current, bundle)

with first:
    results.tell_lost(current)
if not current.readings:
    address.tell(gallery.told(None))
    box.caption("Nothing is open yet. Add a radiograph above, or open a synthetic phantom.")
    st.stop()

setting = results.setting(bundle.card)
results.list_left_out(current)
results.list_unanswered(current)
reading = triage.choose(current, setting)
if reading:
    from pages.ui.analyze import answer  # not above: the first page need not wait for NumPy and OpenCV

    answer.show(current, reading, bundle, setting)
address.tell(gallery.told(reading))
with st.container(horizontal=True, vertical_alignment="center", key="all-images"):
    st.markdown(results.summary(current), width="stretch")
    downloads.figures_and_clear(current, bundle, setting)
if reading:
    frame.notice("result")
