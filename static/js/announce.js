/** Says something to people who listen to the page: politely, and never more than one announcement in this time. */
const MILLISECONDS_BETWEEN = 3000;

let waiting = [];
let timer = 0;
let last = 0;

export function announce(words) {
  if (!words.trim()) return;
  waiting.push(words);
  timer ||= setTimeout(speak, Math.max(0, last + MILLISECONDS_BETWEEN - Date.now()));
}

function speak() {
  document.getElementById("announcer").textContent = waiting.join("\n");
  waiting = [];
  timer = 0;
  last = Date.now();
}
