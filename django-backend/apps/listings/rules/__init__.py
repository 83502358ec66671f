"""Pure rules of the consignment core: values in, values out."""
