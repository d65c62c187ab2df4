import { readme } from '../sandbox/readme.ts';

/** The formatter gives columns their width. */
const words = (markdown: string) => markdown.replaceAll(/ *\| */g, '|').replaceAll(/-{3,}/g, '---');

it("lists the sandbox's controls, scenarios and endpoints as they are (`node test/sandbox/readme.ts` writes them anew)", () => {
  const { is, shouldBe } = readme();

  expect(is).toMatch(/GET, POST \/v1\/payment_intents\n/);
  expect(words(is)).toBe(words(shouldBe));
});
