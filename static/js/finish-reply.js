import { nodesOf } from "./stretches.js";

// Characters of HTML that are read in one step, and nodes that are compared in one.
const CHARACTERS = 16384;
const NODES = 64;
// Milliseconds of steps after which the page may do something else.
const BUDGET = 8;

/**
 * Make the reply that was being written the finished one, as the server wrote it. Its blocks that stand there and are right
 * stay, untouched: to read a long answer in one go, or to lay all of it out again, would make the page deaf for a while.
 */
export async function finishReply(article, html) {
  const breathe = breather();
  const finished = await read(html, breathe);
  if (!finished) return;
  const blocks = article.querySelector(":scope > .prose");
  const prose = finished.querySelector(":scope > .prose");
  const changes = prose ? await differences(nodesOf(blocks), nodesOf(prose), breathe) : [];
  if (!article.isConnected) return;
  for (const [stands, should] of changes) {
    if (!stands) blocks.append(should);
    else if (should) stands.replaceWith(should);
    else stands.remove();
  }
  for (const stretch of blocks.querySelectorAll(":scope > .stretch:empty")) stretch.remove();
  takeOver(article, finished);
  if (prose) {
    takeOver(blocks, prose);
    surround(blocks, [...finished.childNodes], prose);
  } else {
    article.replaceChildren(...finished.childNodes);
  }
  // htmx is not to search all that the model wrote for attributes of its own.
  for (const child of article.children) if (child !== blocks) htmx.process(child);
}

/** Its attributes become those of the other one. */
function takeOver(element, other) {
  for (const { name } of [...element.attributes]) if (!other.hasAttribute(name)) element.removeAttribute(name);
  for (const { name, value } of other.attributes) element.setAttribute(name, value);
}

/** These children become those of the article, but for the prose: the blocks stand in its place already. */
function surround(blocks, children, prose) {
  const article = blocks.parentElement;
  for (const child of [...article.childNodes]) if (child !== blocks) child.remove();
  const place = children.indexOf(prose);
  blocks.before(...children.slice(0, place));
  blocks.after(...children.slice(place + 1));
}

/** The article, read in steps: writing to a document of its own is the one way to have HTML parsed with pauses. */
async function read(html, breathe) {
  const page = document.implementation.createHTMLDocument();
  page.open();
  for (let begin = 0, end; begin < html.length; begin = end) {
    // Between two lines, so that no character is cut in two.
    end = html.indexOf("\n", begin + CHARACTERS) + 1 || html.length;
    page.write(html.slice(begin, end));
    await breathe();
  }
  page.close();
  return page.querySelector("article");
}

/** [node that stands, node that should] of each place where they differ; one of them may be missing. */
async function differences(standing, wanted, breathe) {
  const found = [];
  for (let place = 0; place < Math.max(standing.length, wanted.length); place++) {
    if (!standing[place]?.isEqualNode(wanted[place] ?? null)) found.push([standing[place], wanted[place]]);
    if (place % NODES === 0) await breathe();
  }
  return found;
}

/** To be called between two steps. A page that nobody looks at need not pause, and its timers would be slow. */
function breather() {
  let since = performance.now();
  return async () => {
    if (document.hidden || performance.now() - since < BUDGET) return;
    await new Promise((resolve) => setTimeout(resolve));
    since = performance.now();
  };
}
