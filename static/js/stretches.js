// Blocks that are laid out together, or left out together.
const BLOCKS = 10;

/**
 * Show one more block of an answer that is being written. Blocks stand in stretches: whatever is out of sight costs each
 * frame a little, and a long answer has thousands of blocks.
 */
export function appendBlock(prose, block) {
  let last = prose.lastElementChild;
  if (!last?.matches(".stretch") || last.childElementCount >= BLOCKS) {
    last = document.createElement("div");
    last.className = "stretch";
    prose.append(last);
  }
  last.append(block);
}

/** All nodes of an answer, whether they stand in stretches or not. */
export function nodesOf(prose) {
  return [...prose.childNodes].flatMap((node) => (node.matches?.(".stretch") ? [...node.childNodes] : [node]));
}
