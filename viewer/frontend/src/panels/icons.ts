/** Icons from Lucide (ISC license), inlined as text. */

export { default as back } from "lucide-static/icons/arrow-left.svg?raw";
export { default as crosshair } from "lucide-static/icons/crosshair.svg?raw";
export { default as fit } from "lucide-static/icons/maximize.svg?raw";
export { default as help } from "lucide-static/icons/circle-question-mark.svg?raw";
export { default as invert } from "lucide-static/icons/contrast.svg?raw";
export { default as layers } from "lucide-static/icons/layers.svg?raw";
export { default as next } from "lucide-static/icons/chevron-right.svg?raw";
export { default as pan } from "lucide-static/icons/move.svg?raw";
export { default as previous } from "lucide-static/icons/chevron-left.svg?raw";
export { default as reset } from "lucide-static/icons/rotate-ccw.svg?raw";
export { default as scroll } from "lucide-static/icons/gallery-vertical-end.svg?raw";
export { default as window } from "lucide-static/icons/sun-medium.svg?raw";
export { default as zoom } from "lucide-static/icons/search.svg?raw";
export { default as zoomIn } from "lucide-static/icons/plus.svg?raw";
export { default as zoomOut } from "lucide-static/icons/minus.svg?raw";
export { default as close } from "lucide-static/icons/x.svg?raw";
