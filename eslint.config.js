import js from "@eslint/js";
import { importX } from "eslint-plugin-import-x";
import tseslint from "typescript-eslint";

/**
 * Layers of the viewer, lowest first: a layer never imports one that stands after it.
 * `main.ts` wires them and may import all.
 */
const LAYERS = ["core", "render", "state", "panels"];
const SRC = "./viewer/frontend/src";

const zones = LAYERS.flatMap((layer, rank) =>
  LAYERS.slice(rank + 1).map((upper) => ({
    target: `${SRC}/${layer}`,
    from: `${SRC}/${upper}`,
    message: `${layer} stands below ${upper} and may not import it.`,
  })),
);

export default tseslint.config(
  { ignores: ["build/", "node_modules/", ".venv/", "**/static/", "docs/", ".*/"] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  {
    plugins: { "import-x": importX },
    settings: { "import-x/resolver": { node: { extensions: [".ts", ".js"] } } },
    rules: {
      "import-x/no-cycle": "error",
      "import-x/no-restricted-paths": ["error", { zones }],
      "max-lines": ["error", { max: 500 }],
      "max-lines-per-function": ["error", { max: 60 }],
      "no-console": "error",
      eqeqeq: "error",
    },
  },
  {
    files: ["tests/**/*.ts"],
    rules: { "max-lines-per-function": "off", "@typescript-eslint/no-non-null-assertion": "off" },
  },
);
