"""The Home page: what the app is, what it is not, and links to the other pages."""

from __future__ import annotations

import streamlit as st

from pages.ui.home import card
from pages.ui.shared import cache, frame
from xray_model import InvalidBundle

frame.open_page("Home")
st.title("Pneumonia on chest radiographs", anchor=False)
st.markdown(
    "Open a frontal chest radiograph and see what a small neural network makes of it: a calibrated probability of "
    "pneumonia, the decision at an operating point that you choose, and the parts of the picture that speak for and "
    "against it. The app is for learning and teaching how such a model works, and where it fails."
)
frame.notice()
frame.ways_on()

does, does_not = st.columns(2, gap="large")
with does:
    st.subheader("What it is", anchor=False)
    st.markdown(
        "- An open-source program that runs on an ordinary computer, here or on yours.\n"
        "- One network, trained on photographs and fine-tuned on radiographs. Its figures and limits are shown below.\n"
        "- Private: an image is read in memory, for your browser session only. Streamlit's own cloud collects usage "
        "statistics, which this app cannot turn off; they contain no image."
    )
with does_not:
    st.subheader("What it is not", anchor=False)
    st.markdown(
        "- Not a medical device, and no second opinion on anybody's radiograph.\n"
        "- Not trained on adults, on films of other hospitals, or on any finding but pneumonia.\n"
        "- Not proof: a bright map shows what moved the model, not where disease is."
    )

st.divider()
try:
    card.show(cache.bundle())
except InvalidBundle as error:
    st.error(f"The bundled model cannot be opened. {error}", icon=":material/error:")
