/** Counts the time up from `data-seconds`, which the server knew when it wrote the page. */
class ElapsedTime extends HTMLElement {
  #timer = 0;

  connectedCallback() {
    const began = performance.now() - Number(this.dataset.seconds) * 1000;
    const show = () => (this.textContent = inWords(Math.floor((performance.now() - began) / 1000)));
    this.#timer = setInterval(show, 1000);
    show();
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
  }
}

function inWords(seconds) {
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  const rest = seconds % 60;
  if (minutes < 60) return `${minutes} min ${rest} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

customElements.define("elapsed-time", ElapsedTime);
