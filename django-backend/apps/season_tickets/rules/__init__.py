"""Rules of season tickets: values in, values out."""
