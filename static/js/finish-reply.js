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
  takeOver(article, finished);
  surround(article, blocks, [...finished.childNodes], prose);
}

/** Its attributes become those of the other one. */
function takeOver(element, other) {
  for (const { name } of [...element.attributes]) if (!other.hasAttribute(name)) element.removeAttribute(name);
  for (const { name, value } of other.attributes) element.setAttribute(name, value);
}

/** Put these into the article, its blocks in the place of the prose. htmx sees them, and not what a model wrote. */
function surround(article, blocks, children, prose) {
  for (const child of [...article.childNodes]) if (!prose || child !== blocks) child.remove();
  if (prose) takeOver(blocks, prose);
  const place = children.indexOf(prose);
  article.prepend(...children.slice(0, Math.max(place, 0)));
  article.append(...children.slice(place + 1));
  for (const child of article.children) if (child !== blocks) htmx.process(child);
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
