// On a phone Streamlit 1.67 closes its own menu once a page is chosen; this app's, whose links say more, would stay
// over the page.
const NARROW = "(max-width: 768px)";

export default function () {
  if (window.xrayMenu) return;
  window.xrayMenu = true;
  document.addEventListener("click", (event) => {
    const chosen = event.target.closest('[data-testid="stSidebar"] a');
    const close = document.querySelector('[data-testid="stSidebarCollapseButton"] button');
    if (chosen && close && matchMedia(NARROW).matches) setTimeout(() => close.click());
  }, true);
}
