// Opens pages in headless Chromium and tells what is wrong with them. One browser process for all.
//
// usage: node check.mjs CHROMIUM PAGES.json > FINDINGS.json
// PAGES.json: a list of absolute paths. FINDINGS.json: per path a list of sentences; an empty list is a good page.
//
// Belongs here: what only a browser can tell: overflow on screens and paper, messages in the console, anything fetched, WCAG 2.2
// AA by axe-core, the keyboard. Does not belong here: what stands on a page.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const [executablePath, list] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa'];
const WIDTHS = [360, 768, 1280];
const PAPER = 688; // A4 less the margins of the print style, in CSS pixels
const HEIGHT = 900;
const MOST_TABS = 150;
const SHORT = 2; // pages of a political summary

const overflow = () => {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) return [];
  const wide = [...document.body.querySelectorAll('*')]
    .filter((e) => e.getBoundingClientRect().right > root.clientWidth + 1 && !e.closest('.box, .heard, .skip'))
    .map((e) => `${e.tagName.toLowerCase()}.${e.className?.baseVal ?? e.className} "${e.textContent.trim().slice(0, 30)}"`);
  return [`${root.scrollWidth} px wide in ${root.clientWidth}: ${wide.slice(0, 3).join('; ')}`];
};

// A table beside or below its figure is seen whole on a desk's screen: only lists of many units are scrolled there.
const cut = () =>
  [...document.querySelectorAll('.pair > .box')]
    .filter((e) => e.checkVisibility({ contentVisibilityAuto: true }) && e.scrollWidth > e.clientWidth + 1)
    .map((e) => `${e.scrollWidth} px in ${e.clientWidth}: "${e.querySelector('caption')?.textContent}"`)
    .slice(0, 3);

const overflowOnPaper = () => {
  const limit = document.documentElement.clientWidth + 1;
  return [...document.querySelectorAll('main *, footer *')]
    .filter((e) => e.getClientRects().length && !e.closest('svg, .heard') && getComputedStyle(e).display !== 'none')
    .filter((e) => e.getBoundingClientRect().right > limit)
    .map((e) => `${e.tagName.toLowerCase()} "${e.textContent.trim().slice(0, 30)}" ends at ${Math.round(e.getBoundingClientRect().right)} of ${limit - 1}`)
    .slice(0, 3);
};

const reachable = () => {
  const all = 'a[href], button, input, select, textarea, summary, [tabindex="0"]';
  return [...document.querySelectorAll(all)].filter((e) => e.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true })).length;
};

async function checked(context, path) {
  const findings = [];
  const address = pathToFileURL(path).href;
  const page = await context.newPage();
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && findings.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => findings.push(`script: ${error.message}`));
  page.on('request', (request) => {
    if (request.url() !== address) findings.push(`fetched: ${request.url().slice(0, 80)}`);
  });
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: HEIGHT });
    if (width === WIDTHS[0]) await page.goto(address);
    for (const wide of await page.evaluate(overflow)) findings.push(`at ${width} px: ${wide}`);
  }
  for (const table of await page.evaluate(cut)) findings.push(`table cut at ${WIDTHS.at(-1)} px: ${table}`);
  if (!(await page.evaluate(() => /^(da|en)$/.test(document.documentElement.lang)))) findings.push('no language declared');
  findings.push(...(await byKeyboard(page)));
  findings.push(...(await accessible(page)));
  await page.emulateMedia({ media: 'print' });
  await page.setViewportSize({ width: PAPER, height: HEIGHT });
  for (const wide of await page.evaluate(overflowOnPaper)) findings.push(`on paper: ${wide}`);
  findings.push(...(await tooLong(page)));
  await page.close();
  return findings;
}

// What is meant for two pages is two pages when it is printed from the screen.
async function tooLong(page) {
  if (!(await page.evaluate(() => document.querySelector('main.short')))) return [];
  const pages = (await page.pdf({ preferCSSPageSize: true })).toString('latin1').match(/\/Type\s*\/Page\b/g).length;
  return pages > SHORT ? [`on paper: ${pages} pages, not ${SHORT}`] : [];
}

// Everything that can be used takes the focus, visibly, and the focus never stays where it is.
async function byKeyboard(page) {
  const wanted = Math.min(await page.evaluate(reachable), MOST_TABS);
  let reached = 0;
  let unseen = 0;
  for (; reached < wanted; reached += 1) {
    await page.keyboard.press('Tab');
    const state = await page.evaluate(() => {
      const now = document.activeElement;
      const before = window.beforeFocus;
      window.beforeFocus = now;
      const outline = getComputedStyle(now);
      return { stays: now === before || now === document.body, seen: outline.outlineStyle !== 'none' || now.matches('.skip') };
    });
    if (state.stays) break;
    unseen += state.seen ? 0 : 1;
  }
  const findings = [];
  if (reached < wanted) findings.push(`keyboard: ${reached} of ${wanted} reached`);
  if (unseen) findings.push(`keyboard: ${unseen} without a visible focus`);
  return findings;
}

async function accessible(page) {
  await page.evaluate(axe); // run by the debugger, not by the page: its policy forbids scripts
  const result = await page.evaluate((tags) => window.axe.run(document, { runOnly: tags, resultTypes: ['violations'] }), TAGS);
  return result.violations.map((v) => `axe ${v.id}: ${v.help}; ${v.nodes.length} times, first ${v.nodes[0].target.join(' ')}`);
}

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'] });
const context = await browser.newContext({ offline: true });
const findings = {};
for (const path of JSON.parse(readFileSync(list, 'utf8'))) findings[path] = await checked(context, path);
await browser.close();
process.stdout.write(JSON.stringify(findings, null, 1));
