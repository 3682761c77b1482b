"""The parts of the pages: a folder for each page, one for what they share, one for fixes to Streamlit."""
