"""The README's tour in the languages of generated clients; the tests beside this folder generate them."""
