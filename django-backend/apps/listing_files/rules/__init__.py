"""What the cells of a file mean: values in, values out."""
