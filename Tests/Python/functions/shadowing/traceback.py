raise ImportError('a module of the function took the place of one of the runtime')
