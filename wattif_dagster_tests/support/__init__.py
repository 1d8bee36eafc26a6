"""What several tests share: settings, runs, faulty services, servers, a browser.

Fixtures that need nothing but these are in the conftest of the folder that uses them. No test is
here.
"""
