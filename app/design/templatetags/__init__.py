"""The tag libraries: assets, components, navigation."""
