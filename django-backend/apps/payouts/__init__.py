"""What holders have earned: monthly statements; what is paid out will refer to them."""
