/**
 * What runs in the background, and what has ended unseen. The title of the tab says how many answers are new; who wants to
 * is told by the browser as well. Each look at the server replaces this element, so what was said is kept with the tab.
 */
class RunTray extends HTMLElement {
  connectedCallback() {
    const ended = JSON.parse(this.dataset.ended);
    document.title = document.title.replace(/^\(\d+\) /, "");
    if (ended.length) document.title = `(${ended.length}) ${document.title}`;
    this.#notify(ended);
    const button = this.querySelector("[data-notify]");
    if (!button) return;
    button.hidden = !("Notification" in window) || Notification.permission !== "default";
    button.addEventListener("click", async () => {
      await Notification.requestPermission();
      button.hidden = true;
    });
  }

  #notify(ended) {
    const told = new Set(JSON.parse(sessionStorage.getItem("told") ?? "null") ?? ended.map(({ run }) => run));
    for (const { run, title, state, url } of ended) {
      if (told.has(run)) continue;
      told.add(run);
      if (!("Notification" in window) || Notification.permission !== "granted" || !document.hidden) continue;
      const notification = new Notification(title, { body: `The answer is ${state}.`, tag: `run-${run}` });
      notification.addEventListener("click", () => {
        focus();
        location.assign(url);
      });
    }
    sessionStorage.setItem("told", JSON.stringify([...told].slice(-200)));
  }
}

customElements.define("run-tray", RunTray);
