//! Words of short notes in languages with a pack.

/// Each language with words that English does not write; some are two languages'.
pub(super) const PLAIN: &[(&str, &str)] = &[
    (
        "de",
        "paket lieferung geliefert essen kellner kalt kaputt defekt zimmer bahn zug kunde kunden bedienung leider teuer schlecht \
         schlechte schlechter schnell schnelle gerne alles viel betrug betrüger frechheit bestellung bestellt storniert geld \
         keinerlei antwort antwortet ohne grund dauert dauerte ewig kommt kam weg laden unfreundlich freundlich freundliche \
         freundliches schmeckt lecker leckeres qualität verspätet verspätung beschädigt schade danke bitte wochen woche tage \
         tagen monate fleisch mitarbeiter toilette explodiert verkauft gekauft erstattung verweigert furchtbar katastrophe \
         wurden durch gegen nichts niemand zwei drei vor konnte ganz trotz unverschämt verdorbenes verdorben gefunden \
         scheußlich dreckig schmutzig haare suppe salat preis ware heiß wo warten gewartet wartezeit verletzt rechnung \
         abzocke enttäuscht enttäuschend",
    ),
    (
        "nl",
        "pakket klantenservice klanten reageert eten koud kamer vies vieze haar haren soep levering geleverd laat geld terug \
         geweigerd heerlijk heerlijke gegeten personeel onvriendelijk glas salade batterij ontploft duur bestelling besteld \
         geannuleerd reden prima trein vertraagd vertraging broek kapot oplichters oplichting bedorven vlees verkocht medewerker \
         medewerkers racistisch lange wachttijd lekkere verkeerde verkeerd maat gekregen niemand neemt garantie afgewezen \
         vriendelijke vriendelijk bediening muizen keuken aangekomen gezellig gezellige sfeer ontvangen slecht slechte winkel \
         betaald weken dagen snel snelle tevreden jammer bezorgd bezorging telefoon alles teleurgesteld vandaag gisteren \
         verloren gestolen ziek",
    ),
    (
        "fr",
        "produit produits colis livraison livré livrée retard cassé cassée remboursement remboursé refusé refusée plat froid \
         froide serveur serveuse impoli impolie arnaque arnaqueurs fuir batterie repas merci supprimé vendeur vendeuse \
         facture fuite gaz recommande vivement commande annulée annulé raison reçu reçue cher chère chambre bruyante bruyant \
         accueil attente guichet aucune réponse répond personne qualité médiocre périmé périmée erronée pantalon troué \
         achat acheté mauvais mauvaise nul nulle décevant déçu déçue magasin jours semaines mois heures toujours bonne bon \
         injoignable salade cheveu cheveux verre alimentaire malade volé garantie raciste interminable désagréable explosée \
         explosé excellente",
    ),
];
