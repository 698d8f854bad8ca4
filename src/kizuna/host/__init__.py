"""The processes of a server, and the way from the network to the application.

parent      `serve`: settings, port, database, then one process or several, and back
process     one process: event loop, signals, what makes it stop
server      the application behind a listening socket; how both end without failing a request
protocol    one HTTP connection with its limits
acceptor    accepting where processes share a socket
listener    the listening socket
workers     worker processes as their parent sees them
worker      a worker process
lifeline    a worker ends with its parent
signals     signals as something to wait for
hangups     SIGHUP during the start
database    the database to serve from: started or checked
watchdog    tells what blocks the event loop
logs        logging
banner      what is printed when the server is ready
errors      what stops a server, in a sentence
"""
