/** Windows that a study or a reader set up. */

import type { ViewerSettings } from "../core/arrangement";
import type { Preset } from "../core/window-level";

export function ownPresets({ window_presets: presets = [] }: Partial<ViewerSettings>): readonly Preset[] {
  return presets.map(({ title, center, width, lower_percentile: low, upper_percentile: high }): Preset => {
    const named = { id: `own:${title}`, name: title };
    if (center !== undefined && width !== undefined) return { ...named, window: { center, width } };
    return { ...named, percentiles: [(low ?? 1) / 100, (high ?? 99) / 100] };
  });
}
