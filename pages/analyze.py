"""The Analyze page: upload radiographs or open a phantom; see probability, decision and evidence of each."""

from __future__ import annotations

import streamlit as st

from pages.ui.analyze import downloads, gallery, own_model, results, uploads
from pages.ui.shared import frame
from pages.ui.shared.session import session
from xray_model import InvalidBundle

frame.open_page("Analyze")
st.title("Analyze radiographs", anchor=False)
frame.notice()

current = session()
own_model.banner(current)
above = st.container()
files = uploads.ask(current)  # drawn before the model is loaded, which takes a moment
try:
    bundle = current.bundle
except InvalidBundle as error:
    above.error(f"The bundled model cannot be opened. {error}", icon=":material/error:")
    st.stop()

uploads.read(current, bundle, files)
gallery.show(current, bundle)

if not current.readings:
    st.caption("Nothing is open yet. Add a radiograph above, or open a synthetic phantom.")
    st.stop()

st.divider()
headline, tools = st.columns([3, 2], vertical_alignment="bottom")
with headline:
    st.subheader("Results", anchor=False)
    st.markdown(results.summary(current))
setting = results.setting(bundle.card)
with tools:
    downloads.figures_and_clear(current, bundle, setting)
results.list_left_out(current)
results.list_unanswered(current)
reading = results.choose_reading(current, setting)
if reading:
    from pages.ui.analyze import answer  # not above: the first page need not wait for NumPy and OpenCV

    answer.show(current, reading, bundle, setting)
