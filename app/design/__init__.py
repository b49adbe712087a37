"""The design system: base templates, components, template tags, style sheets and icons."""
