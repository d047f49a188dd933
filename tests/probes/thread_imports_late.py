"""A thread that imports a sibling after the main program has ended."""
import threading


def work():
    threading.main_thread().join()
    import helper

    print(helper.greet())


threading.Thread(target=work).start()
