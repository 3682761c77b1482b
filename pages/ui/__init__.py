"""What the pages share: frame, cache, state, wording, viewer, gallery. Not a page."""
