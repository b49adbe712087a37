import js from "@eslint/js";
import tseslint from "typescript-eslint";

/**
 * Layers of the viewer, lowest first: a layer never imports one that stands after it.
 * `app.ts` wires them and may import all. `first/` and `main.ts` are what every reader waits for:
 * they stand on `core` alone and import the rest when the first picture is on its way.
 */
const LAYERS = ["core", "hanging", "render", "tools", "state", "panels"];
const SRC = "viewer/frontend/src";

const layerRules = LAYERS.slice(0, -1).map((layer, rank) => ({
  files: [`${SRC}/${layer}/**/*.ts`],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: LAYERS.slice(rank + 1).map((upper) => ({
          regex: `(^|/)${upper}/`,
          message: `${layer} stands below ${upper} and may not import it.`,
        })),
      },
    ],
  },
}));

const firstPaintRule = {
  files: [`${SRC}/main.ts`, `${SRC}/first/**/*.ts`],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: [
          {
            regex: "@cornerstonejs/(core|tools|metadata)|(^|/)(render|state|panels)/|(^|/)(app|inspection)$",
            message: "Whatever the entry imports delays the first picture; import it in app.ts.",
          },
        ],
      },
    ],
  },
};

export default tseslint.config(
  { ignores: ["build/", "node_modules/", ".venv/", "**/static/", "docs/", ".*/"] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  {
    rules: {
      "max-lines": ["error", { max: 500 }],
      "max-lines-per-function": ["error", { max: 60 }],
      "no-console": "error",
      eqeqeq: "error",
    },
  },
  ...layerRules,
  firstPaintRule,
  {
    // One expression that the browser tests evaluate in the page.
    files: ["tests/e2e/*.js"],
    languageOptions: {
      globals: { document: "readonly", window: "readonly", getComputedStyle: "readonly", DOMRect: "readonly" },
    },
    rules: { "@typescript-eslint/no-unused-expressions": "off", "max-lines-per-function": "off" },
  },
  {
    // What the benchmarks put into pages, and the server for what the viewer is compared with.
    files: ["benchmarks/*.js", "benchmarks/*.mjs"],
    languageOptions: {
      globals: {
        crypto: "readonly", DecompressionStream: "readonly", document: "readonly", fetch: "readonly",
        performance: "readonly", PerformanceObserver: "readonly", ReadableStream: "readonly", requestAnimationFrame: "readonly",
        setTimeout: "readonly", TextDecoder: "readonly", URL: "readonly", window: "readonly",
      },
    },
    rules: { "max-lines-per-function": "off" },
  },
  {
    files: ["tests/**/*.ts"],
    rules: { "max-lines-per-function": "off", "@typescript-eslint/no-non-null-assertion": "off" },
  },
);
