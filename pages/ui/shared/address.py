"""What a page's address says, such as `?prevalence=20`, so that it can be linked to and bookmarked.

Only choices among what everybody has: never anything of an upload. A value that is unknown is ignored. Streamlit's own
`bind="query-params"` sets a widget as it is drawn; the answer stands above its widgets and is drawn before them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st


def named(parameter: str, known: Mapping[str, Any]) -> Any:
    """What the address names by this parameter; None if it names nothing, or nothing known.

    known: what may stand in the address -> what it means.
    """
    return known.get(st.query_params.get(parameter, ""))


def take(key: str, known: Mapping[str, Any], parameter: str = "") -> None:
    """Set the state of the widget with this key to what the address names, if the widget has no state yet.

    parameter: the address's name for it, if that is not the key.
    """
    found = named(parameter or key, known)
    if found is not None and key not in st.session_state:
        st.session_state[key] = found


def tell(parameters: Mapping[str, str | None]) -> None:
    """Put these into the address, and take out those that are None: what is so without being named."""
    for parameter, value in parameters.items():
        if value is None:
            st.query_params.pop(parameter, None)
        elif st.query_params.get(parameter) != value:
            st.query_params[parameter] = value
