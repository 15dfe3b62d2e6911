name = "the function's own"
