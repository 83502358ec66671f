"""Typed errors of the consignment core, by what people were doing."""
