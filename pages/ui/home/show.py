"""The Home page: the model at work on a phantom, ways on, what the app is and what it is not."""

from __future__ import annotations

import streamlit as st

from pages.ui.shared import cache, frame
from xray_model import InvalidBundle


def page() -> None:
    """Draw the whole page."""
    above = st.container(key="showcase")  # filled last: a fresh server then shows the rest of the page at once
    above.title("Pneumonia on chest radiographs", anchor=False)
    above.caption("Learn how such a model works, and where it fails.")
    frame.ways_on(frame.ANALYZE, frame.GAME, frame.TRAIN)
    _what_it_is()
    frame.notice()

    try:
        bundle = cache.bundle()
    except InvalidBundle as error:
        above.error(f"The bundled model cannot be opened. {error}", icon=":material/error:")
        return
    st.page_link(
        frame.EVIDENCE,
        label="The bundled model: its figures and limits",
        icon=":material/fact_check:",
        query_params={"part": "Model"},
    )
    with above:
        from pages.ui.home import showcase  # not above: the first page need not wait for NumPy and OpenCV

        showcase.show(bundle)


def _what_it_is() -> None:
    does, does_not = st.columns(2, gap="large")
    with does:
        st.subheader("What it is", anchor=False)
        st.markdown(
            "- For learning and teaching how such a model works, and where it fails.\n"
            "- One small network, on an ordinary computer: here or on yours, open source.\n"
            "- Private: an image is read in memory, for your browser session only. Streamlit's own cloud collects "
            "usage statistics, which this app cannot turn off; they contain no image."
        )
    with does_not:
        st.subheader("What it is not", anchor=False)
        st.markdown(
            "- Not a medical device, and no second opinion on anybody's radiograph.\n"
            "- Not trained on adults, on films of other hospitals, or on any finding but pneumonia.\n"
            "- Not proof: a bright map shows what moved the model, not where disease is."
        )
