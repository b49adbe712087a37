/** Icons of segmentation from Lucide (ISC license), inlined as text. */

export { default as add } from "lucide-static/icons/plus.svg?raw";
export { default as brush } from "lucide-static/icons/brush.svg?raw";
export { default as circleScissors } from "lucide-static/icons/circle-dashed.svg?raw";
export { default as eraser } from "lucide-static/icons/eraser.svg?raw";
export { default as fill } from "lucide-static/icons/paint-bucket.svg?raw";
export { default as grow } from "lucide-static/icons/sprout.svg?raw";
export { default as hidden } from "lucide-static/icons/eye-off.svg?raw";
export { default as interpolate } from "lucide-static/icons/between-horizontal-start.svg?raw";
export { default as jump } from "lucide-static/icons/locate.svg?raw";
export { default as locked } from "lucide-static/icons/lock.svg?raw";
export { default as masks } from "lucide-static/icons/paintbrush.svg?raw";
export { default as open } from "lucide-static/icons/lock-open.svg?raw";
export { default as rectangleScissors } from "lucide-static/icons/square-dashed.svg?raw";
export { default as redo } from "lucide-static/icons/redo-2.svg?raw";
export { default as remove } from "lucide-static/icons/trash-2.svg?raw";
export { default as scissors } from "lucide-static/icons/lasso.svg?raw";
export { default as shown } from "lucide-static/icons/eye.svg?raw";
export { default as thresholdBrush } from "lucide-static/icons/wand-sparkles.svg?raw";
export { default as undo } from "lucide-static/icons/undo-2.svg?raw";
