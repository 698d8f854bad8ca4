"""What the stores tell on their own: renewals, expiries, refunds.

notice      `Notice`: what a store has told, verified, and what is to become of it
apple       App Store Server Notifications, version 2
google      Google Play's real-time developer notifications
service     `Notices`: each is taken once, and changes what is kept in the same transaction
delivery    `Delivery`: game code is told, until it succeeds
routes      where the stores' servers send them
"""
