"""The code of small plugins for tests."""

HEALTHY = """
    from activations import Target, activation, hookimpl

    @activation(formula="x*x*x", paper="Somebody 2020")
    def my_cube(x):
        '''A cube.'''
        return x * x * x

    @hookimpl
    def provide_activations():
        return [my_cube]

    @hookimpl
    def provide_targets():
        return [Target("my_bumps", ((-1, 1),), formula="abs(abs(x) - 1/2)", group="kinked")]

    @hookimpl
    def register_commands(cli):
        @cli.command("hello")
        def hello():
            "Say hello."
            print("hello")
"""
HALF = "@activation(formula='x', paper='P')\ndef half(x):\n    'Half.'\n    return x\n"
START = "from activations import Target, activation, hookimpl\n"
